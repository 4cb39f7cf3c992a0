"""SQL for seats; the caller of a change holds the event's lock."""

from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow, scalar_row

from shared.db import Connection


def lock_event(conn: Connection, event_id: UUID) -> None:
    """Lock the event's row, under which seats are taken and freed. It is the first lock of every transaction."""
    conn.execute("select 1 from public.events where id = %(event)s for no key update", {"event": event_id})


def seats_taken(conn: Connection, event_id: UUID, *, except_offered_to: UUID) -> int:
    """Confirmed and pending registrations and live offers, except an offer to this user."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select (select count(*) from public.registrations
                where event_id = %(event)s and status in ('confirmed', 'pending'))
             + (select count(*) from public.event_waitlist
                where event_id = %(event)s and status = 'notified' and user_id <> %(user)s)
        """,
        {"event": event_id, "user": except_offered_to},
    )
    return int(cursor.fetchone() or 0)


def offer_seats(conn: Connection, event_id: UUID, now: datetime, limit: int) -> Cursor[TupleRow]:
    """Offer free seats to the first in the waitlist; nothing is offered after the start or the end of sales."""
    return conn.execute(
        """
        update public.event_waitlist w
        set status = 'notified', notified_at = %(now)s,
            expires_at = least(%(now)s + interval '24 hours', coalesce(e.sales_end_at, e.starts_at), e.starts_at)
        from public.events e
        where e.id = %(event)s and e.status = 'upcoming'
            and least(coalesce(e.sales_end_at, e.starts_at), e.starts_at) > %(now)s
            and w.id in (
                select id from public.event_waitlist
                where event_id = %(event)s and status = 'waiting'
                order by joined_at, id
                limit least(%(limit)s, greatest(0, (
                    select capacity from public.events where id = %(event)s
                ) - private.seats_taken(%(event)s)))
            )
        returning w.id, w.user_id, w.expires_at, e.title
        """,
        {"event": event_id, "now": now, "limit": limit},
    )


def close_waitlist_entry(conn: Connection, event_id: UUID, user_id: UUID, registration_id: UUID) -> None:
    """Close the waitlist entry of a user who has taken a seat."""
    conn.execute(
        """
        update public.event_waitlist set status = 'registered', registration_id = %(registration)s
        where event_id = %(event)s and user_id = %(user)s and status in ('waiting', 'notified')
        """,
        {"event": event_id, "user": user_id, "registration": registration_id},
    )
