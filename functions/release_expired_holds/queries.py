"""The statements of freeing unpaid seats."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from shared.db import Connection


@dataclass(frozen=True)
class ExpiredHold:
    """A held seat whose time is over, and the order that could still pay it."""

    registration_id: UUID
    event_id: UUID
    user_id: UUID
    event_title: str
    razorpay_order_id: str | None


def list_expired_holds(conn: Connection, now: datetime, after: UUID | None, limit: int) -> list[ExpiredHold]:
    return (
        conn.cursor(row_factory=class_row(ExpiredHold))
        .execute(
            """
            select r.id as registration_id, r.event_id, r.user_id, e.title as event_title, t.razorpay_order_id
            from public.registrations r
            join public.events e on e.id = r.event_id
            left join public.payment_transactions t
                on t.registration_id = r.id and t.status in ('initiated', 'failed') and t.review_reason is null
            where r.status = 'pending' and r.hold_expires_at <= %(now)s
                and (%(after)s::uuid is null or r.id > %(after)s)
            order by r.id
            limit %(limit)s
            """,
            {"now": now, "after": after, "limit": limit},
        )
        .fetchall()
    )


def lock_event(conn: Connection, event_id: UUID) -> None:
    conn.execute("select 1 from public.events where id = %(id)s for no key update", {"id": event_id})


def expire_hold(conn: Connection, registration_id: UUID, now: datetime) -> bool:
    """Free the seat unless it was paid or renewed meanwhile; whether it was freed."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        update public.registrations set status = 'expired', payment_status = 'failed', hold_expires_at = null
        where id = %(id)s and status = 'pending' and hold_expires_at <= %(now)s
        returning true
        """,
        {"id": registration_id, "now": now},
    )
    return bool(cursor.fetchone())
