"""The one clock. Every decision that depends on time takes `now` from here, so that a test can move it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def from_unix(seconds: int) -> datetime:
    """Razorpay's unix seconds as an instant in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def in_zone(instant: datetime, zone: str) -> datetime:
    """The same instant as people in `zone` (an IANA name) read it."""
    return instant.astimezone(ZoneInfo(zone))
