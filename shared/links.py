"""Links that work without a login: signed for one purpose, with the ids of what they open inside the token."""

import base64
import binascii
from uuid import UUID

from shared import signatures
from shared.config import settings
from shared.errors import NotFound

BASE = "/functions/v1"
_JOIN = b"join session v1 "
_REGISTRATION = b"registration page v1 "
_RECEIPT = b"receipt v1 "
_CALENDAR = b"calendar feed v1 "


def sign(purpose: bytes, message: bytes, unsent: bytes = b"") -> str:
    """A token that carries `message`; `unsent` is signed too, and known to whoever reads the token."""
    return _encode(message + signatures.sign(purpose, message + unsent))


def read(purpose: bytes, token: str, length: int, unsent: bytes = b"") -> bytes:
    """The message of `length` bytes that a token carries; raises NotFound for anything that is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except (ValueError, binascii.Error) as error:
        raise NotFound("link") from error
    message, signature = raw[:length], raw[length:]
    genuine = len(message) == length and signatures.is_genuine(purpose, message + unsent, signature)
    if not genuine or _encode(raw) != token:
        raise NotFound("link")
    return message


def join_url(session_id: UUID, registration_id: UUID) -> str:
    """Into the meeting of a session: the link of one seat, so it works whoever's account the seat is moved to."""
    token = sign(_JOIN, registration_id.bytes, session_id.bytes)
    return f"{_base()}/sessions/{session_id}/join?token={token}"


def seat_of_join(session_id: UUID, token: str) -> UUID:
    """The registration that a join link is for; raises NotFound."""
    return UUID(bytes=read(_JOIN, token, 16, session_id.bytes))


def registration_url(registration_id: UUID) -> str:
    """The page of a seat: when, how to join, receipt, calendar."""
    return f"{_base()}/registration?token={sign(_REGISTRATION, registration_id.bytes)}"


def registration_of(token: str) -> UUID:
    """Raises NotFound."""
    return UUID(bytes=read(_REGISTRATION, token, 16))


def receipt_url(payment_id: UUID) -> str:
    """The receipt of a payment as PDF."""
    return f"{_base()}/receipt?token={sign(_RECEIPT, payment_id.bytes)}"


def payment_of(token: str) -> UUID:
    """Raises NotFound."""
    return UUID(bytes=read(_RECEIPT, token, 16))


def calendar_url(user_id: UUID, generation: int) -> str:
    """The feed of a person's sessions, for a calendar to subscribe to; a person's next generation ends its links."""
    return f"{_base()}/calendar/{sign(_CALENDAR, user_id.bytes + generation.to_bytes(4))}.ics"


def feed_of(token: str) -> tuple[UUID, int]:
    """Whose feed it is, and of which generation; raises NotFound."""
    message = read(_CALENDAR, token.removesuffix(".ics"), 20)
    return UUID(bytes=message[:16]), int.from_bytes(message[16:])


def _base() -> str:
    return f"{settings().public_base_url.rstrip('/')}{BASE}"


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
