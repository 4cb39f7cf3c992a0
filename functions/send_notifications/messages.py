"""A claimed notification in the words and the form of its way."""

import re
from typing import Any
from uuid import UUID

from functions.send_notifications.client_pages import located
from functions.send_notifications.models import Attachment, ClaimedNotification, Mail, ProviderRefused, Sms
from shared import clock
from shared.config import settings
from shared.notifications import invites, rendering, unsubscribing
from shared.notifications.rendering import Message
from shared.profiles import phone_codes

# One address and nothing else: no list, no display name, no header, nothing a relay could read as two.
_ADDRESS = re.compile(r"[^\s@,;:<>\"'()\[\]\\\x00-\x20\x7f]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")


def rendered(claimed: ClaimedNotification) -> Message:
    """Raises RenderingFailed."""
    data = claimed.data
    if claimed.template == phone_codes.TEMPLATE and "verificationId" in data:
        data = {"code": phone_codes.code_of(UUID(data["verificationId"]))}
    return rendering.render(claimed.template, claimed.language, data, time_zone=settings().time_zone)


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
    context: dict[str, Any] = {
        "message": message,
        "name": rendering.printable(claimed.full_name),
        "language": rendering.language_of(claimed.language),
        "words": rendering.words(rendering.language_of(claimed.language)),
        "action_url": _absolute(message),
        "unsubscribe_url": unsubscribe,
    }
    return Mail(
        notification_id=claimed.id,
        to=claimed.email,
        subject=message.title,
        text=rendering.lay_out("mail.txt", **context),
        html=rendering.lay_out("mail.html", **context),
        headers={"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        if unsubscribe
        else {},
        attachments=_attachments(claimed),
    )


def sms(claimed: ClaimedNotification, message: Message) -> Sms:
    """Raises Refused without a number."""
    if not claimed.phone:
        raise ProviderRefused("no phone number")
    return Sms(
        notification_id=claimed.id,
        to=claimed.phone,
        text=message.sms,
        template_id=settings().sms_templates.get(claimed.template),
        promotional=claimed.channel == "marketing",
    )


def _attachments(claimed: ClaimedNotification) -> tuple[Attachment, ...]:
    """What a mail about a live session brings for the calendar."""
    invite = invites.invite(claimed.data, claimed.user_id, organizer=settings().email_from, now=clock.now())
    return (Attachment(invites.FILE_NAME, invites.CONTENT_TYPE, invite),) if invite else ()


def _absolute(message: Message) -> str | None:
    """A path of the client's pages needs to be told where those are; without, the mail has no button."""
    url = _action_url(message)
    if url and url.startswith("/"):
        base = settings().app_base_url
        return f"{base.rstrip('/')}{url}" if base else None
    return url


def _action_url(message: Message) -> str | None:
    return located(message.action.url, settings().client_page_paths) if message.action else None
