"""A claimed notification in the words and the form of its way."""

import re
from typing import Any
from uuid import UUID

from functions.send_notifications import courses
from functions.send_notifications.client_pages import located
from functions.send_notifications.models import (
    Attachment,
    CalendarPart,
    ClaimedNotification,
    Mail,
    ProviderRefused,
    Sms,
)
from shared import clock, languages, links
from shared.config import settings
from shared.languages import DEFAULT_LANGUAGE
from shared.notifications import invites, rendering, unsubscribing
from shared.notifications.invites import CalendarPerson, Method
from shared.notifications.rendering import Message
from shared.profiles import phone_codes

CALENDAR_FILE = "application/ics"
# One address and nothing else: no list, no display name, no header, nothing a relay could read as two.
_ADDRESS = re.compile(r"[^\s@,;:<>\"'()\[\]\\\x00-\x20\x7f]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")


def rendered(claimed: ClaimedNotification) -> Message:
    """Raises RenderingFailed."""
    data = courses.data_of(claimed, clock.now())
    language = sms_language(claimed) if claimed.type == "sms" else claimed.language
    if claimed.template == phone_codes.TEMPLATE and "verificationId" in data:
        data = {"code": phone_codes.code_of(UUID(data["verificationId"]))}
    return rendering.render(claimed.template, language, data, time_zone=settings().time_zone)


def sms_language(claimed: ClaimedNotification) -> str:
    """Where texts are registered (DLT), only a registered one is delivered: the default language's, if not theirs."""
    language = languages.language_of(claimed.language)
    templates = settings().sms_templates
    return language if not templates or _dlt_name(claimed.template, language) in templates else DEFAULT_LANGUAGE


def _dlt_name(template: str, language: str) -> str:
    return template if language == DEFAULT_LANGUAGE else f"{template}.{language}"


def inbox_row(claimed: ClaimedNotification, message: Message) -> dict[str, Any]:
    return {
        "id": str(claimed.id),
        "title": message.title,
        "message": message.message,
        "type": message.tone,
        "action_url": _action_url(message),
    }


def mail(claimed: ClaimedNotification, message: Message) -> Mail:
    """Raises Refused when the profile's address is none. Marketing carries one-click unsubscription (RFC 8058)."""
    if not _ADDRESS.fullmatch(claimed.email):
        raise ProviderRefused("not an email address")
    unsubscribe = unsubscribing.url(claimed.user_id) if claimed.channel == "marketing" else None
    language = languages.language_of(claimed.language)
    words = rendering.words(language)
    context: dict[str, Any] = {
        "message": message,
        "name": rendering.printable(claimed.full_name),
        "language": language,
        "words": words,
        "schedule": (schedule := courses.schedule(claimed, language)),
        "how_to_join": courses.how_to_join(language) if schedule else None,
        "footer": [
            words["help"].format(support=support_address()),
            words["reply"].format(platform=settings().certificate_issuer),
        ],
        "action_url": _absolute(claimed, message),
        "unsubscribe_url": unsubscribe,
    }
    method, invitations = _invitations(claimed, language)
    return Mail(
        notification_id=claimed.id,
        sender=(rendering.printable(settings().certificate_issuer), settings().email_from),
        reply_to=support_address(),
        to=claimed.email,
        subject=message.title,
        text=rendering.lay_out("mail.txt", **context),
        html=rendering.lay_out("mail.html", **context),
        headers={"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        if unsubscribe
        else {},
        attachments=tuple(
            Attachment(f"session-{number}.ics" if len(invitations) > 1 else invites.FILE_NAME, CALENDAR_FILE, each)
            for number, each in enumerate(invitations, 1)
        ),
        calendar=CalendarPart(method, invitations[0]) if invitations else None,
    )


def sms(claimed: ClaimedNotification, message: Message) -> Sms:
    """Raises Refused without a number."""
    if not claimed.phone:
        raise ProviderRefused("no phone number")
    return Sms(
        notification_id=claimed.id,
        to=claimed.phone,
        text=message.sms,
        template_id=settings().sms_templates.get(_dlt_name(claimed.template, sms_language(claimed))),
        promotional=claimed.channel == "marketing",
    )


def support_address() -> str:
    """Where questions and answers go."""
    return settings().support_email or settings().email_from


def _invitations(claimed: ClaimedNotification, language: str) -> tuple[Method, list[bytes]]:
    """One iTIP message for each session that a mail brings into the calendar, or takes out; with the method of all."""
    method, entries = courses.calendar_changes(claimed, language)
    person = CalendarPerson(claimed.user_id, claimed.full_name, claimed.email)
    configured = settings()
    return method, [
        invites.invitation(
            entry,
            person,
            method,
            organizer=configured.email_from,
            platform=configured.certificate_issuer,
            now=clock.now(),
        )
        for entry in entries
    ]


def _absolute(claimed: ClaimedNotification, message: Message) -> str | None:
    """A path of the client's pages needs to be told where those are; without, the seat's own page is the nearest."""
    url = _action_url(message)
    if message.action is None or url is None or not url.startswith("/"):
        return url
    if base := settings().app_base_url:
        return f"{base.rstrip('/')}{url}"
    seat = claimed.course.registration_id if claimed.course else None
    return links.registration_url(seat) if seat and not message.action.url.startswith("/waitlist") else None


def _action_url(message: Message) -> str | None:
    return located(message.action.url, settings().client_page_paths) if message.action else None
