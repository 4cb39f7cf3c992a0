"""The statements about seats; whoever changes one holds the event's lock."""

from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow, scalar_row

from shared.db import Connection


def lock_event(conn: Connection, event_id: UUID) -> None:
    """Wait until nobody else takes or frees seats of this event: the first of all locks."""
    conn.execute("select 1 from public.events where id = %(event)s for no key update", {"event": event_id})


def seats_taken(conn: Connection, event_id: UUID, *, but_offered_to: UUID) -> int:
    """Confirmed and pending registrations and live offers, except an offer to this user."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select (select count(*) from public.registrations
                where event_id = %(event)s and status in ('confirmed', 'pending'))
             + (select count(*) from public.event_waitlist
                where event_id = %(event)s and status = 'notified' and user_id <> %(user)s)
        """,
        {"event": event_id, "user": but_offered_to},
    )
    return int(cursor.fetchone() or 0)


def offer_next(conn: Connection, event_id: UUID, now: datetime, limit: int) -> Cursor[TupleRow]:
    """Offer free seats to those who have waited longest; a started course or ended sales offer nothing more."""
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


def close_entry(conn: Connection, event_id: UUID, user_id: UUID, registration_id: UUID) -> None:
    """The user has a seat: nothing is waited for any more, and an offer has become the registration."""
    conn.execute(
        """
        update public.event_waitlist set status = 'registered', registration_id = %(registration)s
        where event_id = %(event)s and user_id = %(user)s and status in ('waiting', 'notified')
        """,
        {"event": event_id, "user": user_id, "registration": registration_id},
    )
