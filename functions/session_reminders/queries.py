"""The statements of reminding."""

from datetime import datetime, timedelta
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import scalar_row

from shared.db import Connection


def take_turn(conn: Connection) -> None:
    """Wait until no other run is under way; holds until this transaction ends."""
    conn.execute_one("select from private.exclusive_locks where name = 'session_reminders' for update", {})


def enqueue_reminders(
    conn: Connection, template: str, *, before: timedelta, at_most_late: timedelta, now: datetime, limit: int
) -> Cursor[UUID]:
    """Queue what is due and not queued yet, by mail and in the app, for whoever had a seat when it was due.

    The key names the session's start, so that a session that was moved is announced again. What nobody could use
    any more, `at_most_late`, is left out. The keys are those of `shared.notifications.service.enqueue`.
    """
    return conn.cursor(row_factory=scalar_row).execute(
        """
        with due as (
            select r.user_id, t.type, s.starts_at, s.id as session_id,
                format('%%s:%%s:%%s:%%s:%%s', %(template)s::text, s.id, extract(epoch from s.starts_at)::bigint,
                    r.user_id, t.type) as dedupe_key,
                jsonb_build_object('eventTitle', e.title, 'eventId', e.id, 'registrationId', r.id,
                    'timeZone', e.time_zone, 'sessionId', s.id, 'sessionTitle', s.title, 'sequence', s.sequence,
                    'startsAt', s.starts_at, 'endsAt', s.ends_at) as data
            from public.event_sessions s
            join public.events e on e.id = s.event_id and e.status in ('upcoming', 'ongoing')
            join public.registrations r on r.event_id = e.id and r.status = 'confirmed'
                and r.payment_status in ('completed', 'free') and r.confirmed_at <= s.starts_at - %(before)s
            cross join (values ('email'), ('in_app')) as t (type)
            where s.starts_at <= %(now)s + %(before)s and s.starts_at > %(now)s + %(before)s - %(at_most_late)s
                and s.starts_at > %(now)s
        )
        insert into public.notifications_queue (user_id, type, channel, template, data, priority, dedupe_key)
        select d.user_id, d.type, 'transactional', %(template)s, d.data, 'high', d.dedupe_key
        from due d
        where not exists (select 1 from public.notifications_queue q where q.dedupe_key = d.dedupe_key)
        order by d.starts_at, d.session_id, d.user_id, d.type
        limit %(limit)s
        on conflict (dedupe_key) do nothing
        returning id
        """,
        {"template": template, "before": before, "at_most_late": at_most_late, "now": now, "limit": limit},
    )
