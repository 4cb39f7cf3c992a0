"""Fair use of holds: who keeps seats from others without paying waits longer and longer.

A person is everybody with one mailbox, however its address is spelled (`private.normalize_email`).
"""

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from shared.db import Connection
from shared.errors import Conflict, TooManyRequests
from shared.registrations import queries

FREE_LAPSES = 3
"""A closed browser, a second thought and a change of device cost nothing."""
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=24)
HOLDS_AN_HOUR = 30
"""Of one person, over all courses, without those that were paid; each makes an order at Razorpay."""


def require_fair_hold(
    conn: Connection, event_id: UUID, user_id: UUID, now: datetime, *, is_offered: bool = False
) -> None:
    """Refuse to hold a seat of a locked event for a person who holds one by another account, or has let many lapse.

    Whoever was offered the seat has waited for it already. Raises Conflict (`already_holding`) and TooManyRequests
    (`too_many_holds`), whose Retry-After is in seconds.
    """
    use = queries.read_hold_use(conn, event_id, user_id, now)
    if use.is_holding_elsewhere:
        raise Conflict("You hold a seat of this course by another account of the same address.", code="already_holding")
    if is_offered:
        return
    ready_at = now
    if use.last_lapse_at is not None:
        ready_at = use.last_lapse_at + wait_after(use.lapses)
    if use.holds_this_hour >= HOLDS_AN_HOUR and use.first_hold_at is not None:
        ready_at = max(ready_at, use.first_hold_at + timedelta(hours=1))
    _require(ready_at, now)


def require_fair_place(conn: Connection, event_id: UUID, user_id: UUID, now: datetime) -> None:
    """Refuse a place in the waitlist of a locked event as `require_fair_hold` refuses a hold.

    Raises Conflict (`already_waiting`) and TooManyRequests (`too_many_holds`).
    """
    use = queries.read_hold_use(conn, event_id, user_id, now)
    if use.is_waiting_elsewhere:
        raise Conflict("You wait by another account of the same address.", code="already_waiting")
    if use.last_lapse_at is not None:
        _require(use.last_lapse_at + wait_after(use.lapses), now)


def wait_after(lapses: int) -> timedelta:
    """How long a person waits after that many holds and offers of one course that lapsed within a week."""
    if lapses <= FREE_LAPSES:
        return timedelta(0)
    return min(FIRST_WAIT * 2 ** min(lapses - FREE_LAPSES - 1, 10), LONGEST_WAIT)


def _require(ready_at: datetime, now: datetime) -> None:
    if ready_at > now:
        seconds = ceil((ready_at - now).total_seconds())
        raise TooManyRequests(
            "You have held seats without paying; try again later.", code="too_many_holds", retry_after_seconds=seconds
        )
