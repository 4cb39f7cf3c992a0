"""The statements about seats; whoever changes one holds the event's lock."""

from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow, scalar_row

from shared.db import Connection


def seats_taken(conn: Connection, event_id: UUID) -> int:
    """Confirmed and pending registrations and live offers."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select (select count(*) from public.registrations
                where event_id = %(event)s and status in ('confirmed', 'pending'))
             + (select count(*) from public.event_waitlist where event_id = %(event)s and status = 'notified')
        """,
        {"event": event_id},
    )
    return int(cursor.fetchone() or 0)


def offer_next(conn: Connection, event_id: UUID, now: datetime) -> Cursor[TupleRow]:
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
                limit greatest(0, (
                    select capacity from public.events where id = %(event)s
                ) - private.seats_taken(%(event)s))
            )
        returning w.id, w.user_id, w.expires_at, e.title
        """,
        {"event": event_id, "now": now},
    )
