"""Cancels registrations: one student's, or all of a cancelled event page by page."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from shared import db
from shared.actors import Actor
from shared.cancellations import queries
from shared.cancellations.models import CancelledRegistration, PaidAmount
from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.notifications.models import Notice
from shared.payments import refund_queries
from shared.payments.models import RefundReason, RequestedRefund
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
) -> list[CancelledRegistration]:
    """Cancel those registrations of one locked event that still have a seat, and refund a percentage of their money
    and credit. Held payments go back in full. `remark` goes into the notification.

    The caller offers the freed seats. A payment that arrives later is refunded automatically.
    """
    cancelled = queries.cancel_registrations(conn, registration_ids, reason, now)
    if not cancelled:
        return []
    ids = [each.id for each in cancelled]
    paid = {each.registration_id: each for each in queries.list_paid(conn, ids)}
    refunds: defaultdict[UUID, list[RequestedRefund]] = defaultdict(list)
    for refund in refund_queries.request_refunds(conn, ids, refund_percent, reason):
        refunds[refund.registration_id].append(refund)
    refund_queries.close_spent_orders(conn, ids)
    credits.release(conn, ids, refund_percent)
    referrals.revoke(conn, ids, now)
    notifications.enqueue(
        conn, [_notice(each, reason, paid.get(each.id), refunds[each.id], remark) for each in cancelled]
    )
    return cancelled


def cancel_remaining(actor: Actor, event_id: UUID, now: datetime, has_time: Callable[[], bool]) -> bool:
    """Cancel what is left of a cancelled event, one page per transaction; true when nothing is left.

    It can stop and be repeated at any point, also concurrently.
    """
    while has_time():
        with db.transaction(actor) as conn:
            left = cancel_page(conn, event_id, now)
        hand_off(conn.enqueued)
        if not left:
            return True
    return False


def cancel_page(conn: Connection, event_id: UUID, now: datetime) -> bool:
    """Cancel one page of registrations and of waitlist entries; whether there may be another page."""
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


def _notice(
    cancelled: CancelledRegistration,
    reason: RefundReason,
    paid: PaidAmount | None,
    refunds: list[RequestedRefund],
    remark: str | None,
) -> Notice:
    """What was paid, what goes back and what is kept (minor units) are in the notice where there was a payment."""
    template = "event_cancelled" if reason == "event_cancelled" else "registration_cancelled"
    data = _event_data(cancelled.event_id, cancelled.event_title, cancelled.event_starts_at)
    data |= {"registrationId": str(cancelled.id), "reason": remark}
    if refunds:
        data |= {"amount": sum(each.amount for each in refunds), "currency": refunds[0].currency}
    if paid is not None:
        returned = sum(each.amount for each in refunds if each.currency == paid.currency)
        data |= {"paid": paid.amount, "kept": max(0, paid.amount - returned), "currency": paid.currency}
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
