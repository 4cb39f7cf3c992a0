"""Giving up seats for good: one student's, or page by page everybody's when an event is cancelled."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from shared import db
from shared.actors import Actor
from shared.cancellations import queries
from shared.cancellations.queries import Cancelled, RequestedRefund
from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.notifications.models import Notice
from shared.payments.models import RefundReason
from shared.referrals import credits
from shared.referrals import service as referrals
from shared.seats import queries as seat_queries

PAGE = 100


def cancel(
    conn: Connection,
    registration_ids: list[UUID],
    reason: RefundReason,
    *,
    refund_percent: int,
    now: datetime,
    remark: str | None = None,
) -> list[Cancelled]:
    """Cancel those of one locked event that still have a seat, and have what they paid refunded, in percent, by
    money as by credit.

    The caller offers the seats on. Whoever pays afterwards, not knowing, gets it back by itself. `remark` is told.
    """
    cancelled = queries.cancel_registrations(conn, registration_ids, reason, now)
    if not cancelled:
        return []
    ids = [each.id for each in cancelled]
    refunds = {each.registration_id: each for each in queries.request_refunds(conn, ids, refund_percent, reason)}
    credits.give_back(conn, ids, refund_percent)
    referrals.take_back(conn, ids, now)
    notifications.enqueue(conn, [_notice(each, reason, refunds.get(each.id), remark) for each in cancelled])
    return cancelled


def work_off(actor: Actor, event_id: UUID, now: datetime, has_time: Callable[[], bool]) -> bool:
    """Cancel whoever is left in a cancelled event, a page a transaction; whether nobody is left.

    Safe to stop and to repeat at any point, also by two at once.
    """
    while has_time():
        with db.transaction(actor) as conn:
            left = work_off_page(conn, event_id, now)
        hand_off(conn.enqueued)
        if not left:
            return True
    return False


def work_off_page(conn: Connection, event_id: UUID, now: datetime) -> bool:
    """One page of registrations and of the waitlist; whether there may be another."""
    seat_queries.lock_event(conn, event_id)
    remark = queries.cancel_reason(conn, event_id)
    active = queries.list_active(conn, event_id, PAGE)
    cancel(conn, active, "event_cancelled", refund_percent=100, now=now, remark=remark)
    waiting = queries.close_waitlist(conn, event_id, PAGE)
    notifications.enqueue(
        conn,
        [
            Notice(
                user_id=user_id,
                template="event_cancelled",
                key=f"event_cancelled:{entry}",
                data=_event_data(event_id, title, starts_at) | {"waitlistId": str(entry), "reason": remark},
                priority="high",
            )
            for entry, user_id, title, starts_at in waiting
        ],
    )
    return PAGE in (len(active), len(waiting))


def _notice(cancelled: Cancelled, reason: RefundReason, refund: RequestedRefund | None, remark: str | None) -> Notice:
    template = "event_cancelled" if reason == "event_cancelled" else "registration_cancelled"
    data = _event_data(cancelled.event_id, cancelled.event_title, cancelled.event_starts_at)
    data |= {"registrationId": str(cancelled.id), "reason": remark}
    if refund is not None:
        data |= {"amount": refund.amount, "currency": refund.currency}
    return Notice(
        user_id=cancelled.user_id,
        template=template,
        key=f"{template}:{cancelled.id}",
        data=data,
        types=("email", "sms", "in_app") if template == "event_cancelled" else ("email", "in_app"),
        priority="high",
    )


def _event_data(event_id: UUID, title: str, starts_at: datetime) -> dict[str, str | int | None]:
    return {"eventTitle": title, "eventId": str(event_id), "startsAt": starts_at.isoformat()}
