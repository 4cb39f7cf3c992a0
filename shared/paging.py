"""Lists in pages: at most 100 rows, and an opaque cursor that says where the next page starts."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from shared.errors import Invalid

MAX_LIMIT = 100
DEFAULT_LIMIT = 20


def cursor_after(at: datetime, row_id: UUID) -> str:
    """The cursor behind the row that was created `at` and has this id."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {row_id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """What `cursor_after` wrote; raises Invalid for anything else."""
    if cursor is None:
        return None
    try:
        at, _, row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        parsed = datetime.fromisoformat(at), UUID(row_id)
    except (ValueError, binascii.Error) as error:
        raise Invalid("The cursor is not one of ours.") from error
    if parsed[0].tzinfo is None:
        raise Invalid("The cursor is not one of ours.")
    return parsed


def cursor_at(position: int) -> str:
    """The cursor behind the row at a position of a log."""
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def read_position(cursor: str | None) -> int | None:
    """What `cursor_at` wrote; raises Invalid for anything else."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise Invalid("The cursor is not one of ours.") from error
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("The cursor is not one of ours.")
    return int(text)
