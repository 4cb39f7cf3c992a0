"""Forgetting a person: all of it in one transaction, and then their login at the identity provider."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from functions.personal_data import queries
from functions.personal_data.models import ErasureAnswer
from shared import db
from shared.actors import SERVICE
from shared.cancellations import service as cancellations
from shared.config import settings
from shared.db import Connection
from shared.errors import Conflict, Invalid, Unavailable
from shared.log import log_failure
from shared.notifications.handoff import hand_off
from shared.profiles import pool
from shared.seats import service as seats

PAGE = 100
TIME_TO_SPARE_MS = 15_000
"""One call to the pool and one transaction."""


def erase(user_id: UUID, email: str, username: str, now: datetime) -> ErasureAnswer:
    """Raises Invalid and Conflict as `forget` does. A login that cannot be deleted now is by the next hour's run."""
    with db.transaction(SERVICE) as conn:  # a repeated request must find what the first one did
        erased_at = forget(conn, user_id, email, username if settings().uses_own_pool else None, now)
        left = queries.pool_username(conn, user_id)
    hand_off(conn.enqueued)
    return ErasureAnswer(erased_at=erased_at, login=_delete_login(user_id, left) if left else _gone())


def forget(conn: Connection, user_id: UUID, email: str, pool_username: str | None, now: datetime) -> datetime:
    """Erase a person; when that was done. Once erased, it changes nothing.

    Raises Invalid (`confirmation_mismatch`), Unavailable while the person takes another seat, and Conflict:
    `profile_missing`, `administrator` (let another administrator end that first), and `paid_seat_ahead`, whose money
    the person must decide about.
    """
    locked = queries.list_events_ahead(conn, user_id)
    queries.lock_events(conn, locked)
    account = queries.lock_account(conn, user_id)
    if account is None:
        raise Conflict("There is no account yet.", code="profile_missing")
    if account.erased_at is not None:
        return account.erased_at
    if account.email.lower() != email.lower():
        raise Invalid("This is not the address of the account.", code="confirmation_mismatch")
    if queries.is_admin(conn, user_id):
        raise Conflict("An administrator cannot be erased.", code="administrator")
    if queries.has_paid_seat_ahead(conn, user_id):
        raise Conflict("A paid seat lies ahead; cancel it first.", code="paid_seat_ahead")
    ahead = queries.list_events_ahead(conn, user_id)
    if not set(ahead) <= set(locked):
        raise Unavailable("A seat was taken just now; try again.")  # events are locked before the profile
    for event_id in ahead:
        queries.leave_waitlist(conn, user_id, event_id)
        ids = queries.list_seats(conn, user_id, event_id)
        cancellations.cancel(conn, ids, "student_cancelled", refund_percent=0, now=now)
        seats.offer_free_seats(conn, event_id, now)
    queries.delete_suppressions(conn, account.email, account.phone)
    _forget_account(conn, user_id, pool_username, now)
    for merged_id in queries.list_merged_accounts(conn, user_id):
        _forget_account(conn, merged_id, None, now)
    return now


def _forget_account(conn: Connection, user_id: UUID, pool_username: str | None, now: datetime) -> None:
    queries.delete_traces(conn, user_id)
    queries.empty_messages(conn, user_id)
    queries.anonymize_rows(conn, user_id)
    queries.redact_deliveries_of(conn, user_id, now)
    queries.anonymize_profile(conn, user_id, now)
    queries.insert_erasure(conn, user_id, pool_username, now)


def finish_all(has_time: Callable[[], bool]) -> int:
    """Delete the logins that could not be deleted at once; how many are left."""
    with db.transaction(SERVICE, read_only=True) as conn:
        waiting = queries.list_unfinished(conn, PAGE)
    left = len(waiting)
    for user_id, username in waiting:
        if not has_time():
            break
        left -= _delete_login(user_id, username) == "deleted"
    return left


def forget_devices(now: datetime, retention_days: int) -> int:
    """Forget where people came from that long ago; how many rows."""
    with db.transaction(SERVICE) as conn:
        return queries.forget_devices(conn, now - timedelta(days=retention_days))


def end_deliveries(now: datetime, retention_days: int, has_time: Callable[[], bool]) -> int:
    """Redact deliveries of Razorpay after their retention, and delete old unsigned ones; how many."""
    ended = 0
    while has_time():
        with db.transaction(SERVICE) as conn:
            page = queries.redact_old_deliveries(conn, now - timedelta(days=retention_days), now, PAGE)
            page += queries.delete_unsigned_deliveries(conn, PAGE)
        ended += page
        if page < PAGE:
            break
    return ended


def _delete_login(user_id: UUID, username: str) -> Literal["deleted", "deleting"]:
    try:
        pool.delete_user(username)
    except pool.PoolDown as error:
        log_failure(error)
        return "deleting"
    with db.transaction(SERVICE) as conn:
        queries.finish_erasure(conn, user_id)
    return "deleted"


def _gone() -> Literal["deleted", "external"]:
    return "deleted" if settings().uses_own_pool else "external"
