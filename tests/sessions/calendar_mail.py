"""Queued notifications as the mails that are sent, and their calendar parts as another library reads them."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any, cast

import vobject

from functions.send_notifications import courses, messages
from functions.send_notifications.models import ClaimedNotification, Mail
from functions.send_notifications.providers import ses
from shared.db import Connection
from tests.sessions.classroom import Classroom


def mails_of(classroom: Classroom, template: str, language: str = "en") -> list[Mail]:
    """The mails of one template, in the order in which they were queued."""
    rows = classroom.platform.rows(
        "select id, user_id, template, data from notifications_queue where type = 'email' and template = %s"
        " order by created_at, id",
        template,
    )
    claimed = [
        ClaimedNotification(
            **row, type="email", channel="transactional", retry_count=0, email="asha@example.com", phone=None,
            full_name="Asha Rao", language=language, erased=False, wanted=True, suppressed=None,
        )
        for row in rows
    ]  # fmt: skip
    with classroom.platform.database.look() as conn:
        claimed = courses.with_courses(cast("Connection", conn), claimed)
    return [messages.mail(each, messages.rendered(each)) for each in claimed]


def opened(mail: Mail) -> EmailMessage:
    """What a mail client gets, as the standard library reads it."""
    return email.message_from_bytes(ses.mime(mail), policy=email.policy.default)


def entry_in(content: bytes) -> Any:
    """The one VEVENT of a calendar, with the calendar's method."""
    calendar: Any = vobject.readOne(content.decode())
    (entry,) = calendar.vevent_list
    entry.method_of_calendar = calendar.method.value if hasattr(calendar, "method") else None
    return entry
