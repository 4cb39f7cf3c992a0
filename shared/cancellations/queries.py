"""SQL for cancelling registrations in bulk; the caller holds the event's lock."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from shared.cancellations.models import CancelledRegistration, PaidAmount, RefundPolicy
from shared.db import Connection
from shared.payments.models import RefundReason

REFUND_POLICY: LiteralString = """
    select e.id as event_id, e.starts_at, coalesce(r.agreed_starts_at, e.starts_at) as agreed_starts_at,
        case when r.created_at <= e.moved_at then e.full_refund_until end as full_refund_until,
        e.full_refund_hours, e.partial_refund_hours, e.partial_refund_percent
    from public.registrations r join public.events e on e.id = r.event_id
    where r.id = %(id)s and r.user_id = %(user)s
"""


def find_refund_policy(conn: Connection, registration_id: UUID, user_id: UUID) -> RefundPolicy | None:
    """The refund policy of a user's registration, without a lock."""
    return (
        conn.cursor(row_factory=class_row(RefundPolicy))
        .execute(REFUND_POLICY, {"id": registration_id, "user": user_id})
        .fetchone()
    )


def lock_refund_policy(conn: Connection, registration_id: UUID, user_id: UUID) -> RefundPolicy | None:
    """Lock a user's registration and its event, and read the refund policy."""
    return (
        conn.cursor(row_factory=class_row(RefundPolicy))
        .execute(REFUND_POLICY + "for no key update of e, r", {"id": registration_id, "user": user_id})
        .fetchone()
    )


def cancel_registrations(
    conn: Connection, registration_ids: list[UUID], reason: RefundReason, now: datetime
) -> list[CancelledRegistration]:
    return (
        conn.cursor(row_factory=class_row(CancelledRegistration))
        .execute(
            """
            update public.registrations r
            set status = 'cancelled', cancelled_at = %(now)s, cancel_reason = %(reason)s, hold_expires_at = null
            from public.events e
            where e.id = r.event_id and r.id = any(%(ids)s) and r.status in ('pending', 'confirmed')
            returning r.id, r.user_id, e.id as event_id, e.title as event_title, e.starts_at as event_starts_at
            """,
            {"ids": registration_ids, "reason": reason, "now": now},
        )
        .fetchall()
    )


def list_paid(conn: Connection, registration_ids: list[UUID]) -> list[PaidAmount]:
    return (
        conn.cursor(row_factory=class_row(PaidAmount))
        .execute(
            """
            select registration_id, amount, currency from public.payment_transactions
            where registration_id = any(%(ids)s) and status = 'success'
            """,
            {"ids": registration_ids},
        )
        .fetchall()
    )


def list_active(conn: Connection, event_id: UUID, limit: int) -> list[UUID]:
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        select id from public.registrations
        where event_id = %(event)s and status in ('pending', 'confirmed')
        order by id
        limit %(limit)s
        """,
        {"event": event_id, "limit": limit},
    ).fetchall()


def close_waitlist(conn: Connection, event_id: UUID, limit: int) -> list[tuple[UUID, UUID, str, datetime]]:
    """Close up to `limit` waitlist entries; returns entry, user, the event's title and start."""
    return conn.execute(
        """
        update public.event_waitlist w set status = 'expired'
        from public.events e
        where e.id = w.event_id and w.id in (
            select id from public.event_waitlist
            where event_id = %(event)s and status in ('waiting', 'notified')
            order by joined_at, id
            limit %(limit)s
        )
        returning w.id, w.user_id, e.title, e.starts_at
        """,
        {"event": event_id, "limit": limit},
    ).fetchall()


def list_unfinished_cancellations(conn: Connection, limit: int) -> list[UUID]:
    """Cancelled events that still have active registrations or waitlist entries."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        select e.id from public.events e
        where e.status = 'cancelled' and (
            exists (select 1 from public.registrations r
                where r.event_id = e.id and r.status in ('pending', 'confirmed'))
            or exists (select 1 from public.event_waitlist w
                where w.event_id = e.id and w.status in ('waiting', 'notified'))
        )
        order by e.cancelled_at, e.id
        limit %(limit)s
        """,
        {"limit": limit},
    ).fetchall()


def cancel_reason(conn: Connection, event_id: UUID) -> str | None:
    """The published reason of an event's cancellation."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute("select cancel_reason from public.events where id = %(id)s", {"id": event_id}).fetchone()
