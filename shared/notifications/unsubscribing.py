"""Links that unsubscribe one person from marketing mail: signed, because they work without a login, for good."""

from uuid import UUID

from shared import links
from shared.config import settings

PATH = "/functions/v1/unsubscribe"
_PURPOSE = b"unsubscribe marketing email v1 "


def url(user_id: UUID) -> str:
    return f"{settings().public_base_url.rstrip('/')}{PATH}?token={token(user_id)}"


def token(user_id: UUID) -> str:
    """Never expires: a mail is read years later, and RFC 8058 has no way to ask again."""
    return links.sign(_PURPOSE, user_id.bytes)


def user_of(given: str) -> UUID:
    """The person a token stands for; raises NotFound for anything that is not one of ours."""
    return UUID(bytes=links.read(_PURPOSE, given, 16))
