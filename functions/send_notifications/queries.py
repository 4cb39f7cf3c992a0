"""The statements of delivery. Every change of a leased row asks for its lease, so that a late one changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row, dict_row, scalar_row
from psycopg.types.json import Jsonb

from functions.send_notifications.models import (
    Backlog,
    ClaimedNotification,
    CourseDetails,
    CourseSession,
    InboxRow,
)
from shared.cancellations.models import RefundPolicy
from shared.db import Connection

MAX_ATTEMPTS = 3


def claim(
    conn: Connection, lease: UUID, lease_seconds: int, ids: Sequence[UUID] | None, limit: int
) -> list[ClaimedNotification]:
    """Take what is due, most urgent and oldest first, of `ids` or of everything.

    A number counts when it is verified; only its code goes to one that is not, whatever the preferences say.
    What a provider is to be told is leased; what goes into an inbox is only locked, and done by the same transaction.
    """
    return (
        conn.cursor(row_factory=class_row(ClaimedNotification))
        .execute(
            """
            with due as (
                select id, user_id, type, channel, template, data, retry_count, priority_rank, scheduled_for,
                    correlation_id
                from public.notifications_queue
                where status = 'pending' and scheduled_for <= now() and retry_count < %(max_attempts)s
                    and (lease_until is null or lease_until < now())
                    and (%(ids)s::uuid[] is null or id = any(%(ids)s))
                order by priority_rank, scheduled_for, id
                limit %(limit)s
                for update skip locked
            ), leased as (
                update public.notifications_queue q
                set lease_token = %(lease)s, lease_until = now() + make_interval(secs => %(lease_seconds)s)
                from due where q.id = due.id and due.type <> 'in_app'
            ), sms_of_a_day as (
                select user_id, count(*) as count from public.notifications_queue
                where type = 'sms' and status = 'sent' and sent_at > now() - interval '1 day'
                group by user_id
            )
            select c.id, c.user_id, c.type, c.channel, c.template, c.data, c.retry_count, p.email, p.email_verified,
                n.phone, p.full_name, p.language, p.erased_at is not null as erased,
                c.template = 'phone_code' or coalesce(w.enabled, true)
                    and (c.channel <> 'marketing' or private.agrees_to_marketing(c.user_id)) as wanted,
                s.reason as suppressed, c.correlation_id,
                case c.type when 'sms' then
                    (select coalesce(sum(d.count), 0)::bigint from sms_of_a_day d where d.user_id = c.user_id)
                else 0 end as sms_of_person,
                case c.type when 'sms' then (select coalesce(sum(d.count), 0)::bigint from sms_of_a_day d)
                else 0 end as sms_of_platform
            from due c
            join public.profiles p on p.id = c.user_id
            left join public.phone_verifications v on c.template = 'phone_code'
                and v.id = (c.data ->> 'verificationId')::uuid and v.user_id = c.user_id and v.expires_at > now()
            cross join lateral (
                select case when c.template = 'phone_code' then v.phone
                    when p.phone_verified_at is not null then p.phone end as phone
            ) n
            left join public.notification_preferences w
                on w.user_id = c.user_id and w.type = c.type and w.channel = c.channel
            left join public.suppressed_addresses s
                on s.type = c.type and s.address = case c.type when 'email' then lower(p.email) else n.phone end
            order by c.priority_rank, c.scheduled_for, c.id
            """,
            {
                "lease": lease,
                "lease_seconds": lease_seconds,
                "ids": None if ids is None else list(ids),
                "limit": limit,
                "max_attempts": MAX_ATTEMPTS,
            },
        )
        .fetchall()
    )


def find_courses(conn: Connection, about: Sequence[Mapping[str, Any]]) -> dict[UUID, CourseDetails]:
    """By notification: its course and its reader's seat, of rows of `id`, `user_id`, `event_id`, `registration_id`."""
    found = conn.cursor(row_factory=dict_row).execute(
        """
        select n.id, e.id as event_id, e.title, e.time_zone, e.starts_at, p.calendar_generation,
            r.id as registration_id, r.status as registration_status, r.payment_status,
            r.confirmed_at is not null as was_confirmed, coalesce(r.agreed_starts_at, e.starts_at) as agreed_starts_at,
            case when r.created_at <= e.moved_at then e.full_refund_until end as full_refund_until,
            e.full_refund_hours, e.partial_refund_hours, e.partial_refund_percent,
            (
                select t.id from public.payment_transactions t
                where t.registration_id = r.id and t.status in ('success', 'refunded')
                order by t.paid_at desc limit 1
            ) as payment_id,
            (
                select count(*) from public.registrations o
                where o.user_id = r.user_id and o.event_id = r.event_id and o.created_at < r.created_at
            ) as earlier_seats,
            coalesce((
                select jsonb_agg(jsonb_build_object('id', s.id, 'title', s.title, 'starts_at', s.starts_at,
                    'ends_at', s.ends_at, 'sequence', s.sequence) order by s.starts_at)
                from public.event_sessions s where s.event_id = e.id
            ), '[]'::jsonb) as sessions
        from jsonb_to_recordset(%(about)s) as n (id uuid, user_id uuid, event_id uuid, registration_id uuid)
        join public.profiles p on p.id = n.user_id
        left join public.registrations r on r.id = n.registration_id and r.user_id = n.user_id
        join public.events e on e.id = coalesce(r.event_id, n.event_id)
        """,
        {"about": Jsonb(list(about))},
    )
    return {row["id"]: _course(row) for row in found}


def _course(row: dict[str, Any]) -> CourseDetails:
    policy = {name: row[name] for name in RefundPolicy.__dataclass_fields__}
    return CourseDetails(
        title=row["title"],
        time_zone=row["time_zone"],
        sessions=tuple(
            CourseSession(
                id=UUID(each["id"]),
                title=each["title"],
                starts_at=datetime.fromisoformat(each["starts_at"]),
                ends_at=datetime.fromisoformat(each["ends_at"]),
                sequence=each["sequence"],
            )
            for each in row["sessions"]
        ),
        calendar_generation=row["calendar_generation"],
        registration_id=row["registration_id"],
        registration_status=row["registration_status"],
        payment_status=row["payment_status"],
        was_confirmed=row["was_confirmed"],
        payment_id=row["payment_id"],
        earlier_seats=row["earlier_seats"],
        policy=RefundPolicy(**policy) if row["registration_id"] else None,
    )


def insert_inbox_rows(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[InboxRow]:
    """Put notifications that this transaction claimed into inboxes and mark them sent, in one statement."""
    return (
        conn.cursor(row_factory=class_row(InboxRow))
        .execute(
            """
            with mine as (
                update public.notifications_queue q
                set status = 'sent', sent_at = now(), lease_token = null, lease_until = null
                from jsonb_to_recordset(%(rows)s)
                    as r (id uuid, title text, message text, type text, action_url text)
                where q.id = r.id and q.status = 'pending'
                returning q.id, q.user_id, r.title, r.message, r.type, r.action_url
            )
            insert into public.in_app_notifications (notification_id, user_id, title, message, type, action_url)
            select id, user_id, title, message, type, action_url from mine
            on conflict (notification_id) do nothing
            returning id, user_id, title, message, type, action_url, created_at
            """,
            {"rows": Jsonb(list(rows))},
        )
        .fetchall()
    )


def start_attempt(conn: Connection, lease: UUID, notification_id: UUID) -> int | None:
    """Count the attempt before it is made; None when the lease is no longer ours."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            update public.notifications_queue set retry_count = retry_count + 1
            where id = %(id)s and lease_token = %(lease)s and lease_until > now() and status = 'pending'
            returning retry_count
            """,
            {"id": notification_id, "lease": lease},
        )
        .fetchone()
    )


def mark_sent(conn: Connection, lease: UUID, notification_id: UUID, provider_message_id: str) -> bool:
    cursor = conn.execute(
        """
        update public.notifications_queue
        set status = 'sent', sent_at = now(), provider_message_id = %(provider_message_id)s, last_error = null,
            lease_token = null, lease_until = null
        where id = %(id)s and lease_token = %(lease)s and status = 'pending'
        """,
        {"id": notification_id, "lease": lease, "provider_message_id": provider_message_id},
    )
    return cursor.rowcount == 1


def end(conn: Connection, lease: UUID, status: str, reasons: Mapping[UUID, str]) -> int:
    """End claimed notifications as failed or cancelled, each with its reason; how many were still ours."""
    return conn.execute(
        """
        update public.notifications_queue q
        set status = %(status)s, last_error = r.value, lease_token = null, lease_until = null
        from jsonb_each_text(%(reasons)s) r
        where q.id = r.key::uuid and (q.lease_token = %(lease)s or q.type = 'in_app') and q.status = 'pending'
        """,
        {
            "lease": lease,
            "status": status,
            "reasons": Jsonb({str(notification): reason for notification, reason in reasons.items()}),
        },
    ).rowcount


def retry_later(
    conn: Connection, lease: UUID, notification_id: UUID, delay_seconds: float, error: str, *, uncounted: bool
) -> None:
    """Give a leased notification back for a later attempt; `uncounted` takes the attempt just made back."""
    conn.execute(
        """
        update public.notifications_queue
        set scheduled_for = now() + make_interval(secs => %(delay)s), last_error = %(error)s,
            retry_count = retry_count - %(uncounted)s::integer, lease_token = null, lease_until = null,
            handed_off_at = null
        where id = %(id)s and lease_token = %(lease)s and status = 'pending'
        """,
        {"id": notification_id, "lease": lease, "delay": delay_seconds, "error": error, "uncounted": int(uncounted)},
    )


def release(conn: Connection, lease: UUID, ids: Sequence[UUID]) -> None:
    """Give leased notifications back as they were."""
    conn.execute(
        """
        update public.notifications_queue set lease_token = null, lease_until = null, handed_off_at = null
        where id = any(%(ids)s) and lease_token = %(lease)s and status = 'pending'
        """,
        {"ids": list(ids), "lease": lease},
    )


def fail_unanswered(conn: Connection) -> int:
    """Fail what died in its last attempt, its lease long over: whether it went out is not known."""
    return conn.execute(
        """
        update public.notifications_queue
        set status = 'failed', last_error = 'no answer to the last attempt', lease_token = null, lease_until = null
        where status = 'pending' and retry_count >= %(max_attempts)s and lease_until < now()
        """,
        {"max_attempts": MAX_ATTEMPTS},
    ).rowcount


def take_for_hand_off(conn: Connection, limit: int, again_after_minutes: int) -> list[UUID]:
    """Mark what is due and not yet at the queue as handed off; what never came back is taken again after a while."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            with due as (
                select id from public.notifications_queue
                where status = 'pending' and scheduled_for <= now() and retry_count < %(max_attempts)s
                    and (lease_until is null or lease_until < now())
                    and (handed_off_at is null
                        or handed_off_at < now() - make_interval(mins => %(again_after_minutes)s))
                order by priority_rank, scheduled_for, id
                limit %(limit)s
                for update skip locked
            )
            update public.notifications_queue q set handed_off_at = now()
            from due where q.id = due.id
            returning q.id
            """,
            {"limit": limit, "again_after_minutes": again_after_minutes, "max_attempts": MAX_ATTEMPTS},
        )
        .fetchall()
    )


def forget_hand_off(conn: Connection, ids: Sequence[UUID]) -> None:
    """The queue did not take these after all."""
    conn.execute(
        "update public.notifications_queue set handed_off_at = null where id = any(%(ids)s) and status = 'pending'",
        {"ids": list(ids)},
    )


def connections_of(conn: Connection, user_ids: Sequence[UUID]) -> list[tuple[str, UUID]]:
    """The open connections of these people, each with its owner."""
    return conn.execute(
        """
        select connection_id, user_id from public.realtime_connections
        where user_id = any(%(user_ids)s) and expires_at > now()
        """,
        {"user_ids": list(user_ids)},
    ).fetchall()


def delete_connections(conn: Connection, connection_ids: Sequence[str]) -> None:
    conn.execute(
        "delete from public.realtime_connections where connection_id = any(%(ids)s)", {"ids": list(connection_ids)}
    )


def suppress(conn: Connection, addresses: Sequence[str], reason: str) -> None:
    """Never write to these email addresses again; the first reason stays."""
    conn.execute(
        """
        insert into public.suppressed_addresses (type, address, reason)
        select 'email', address, %(reason)s from unnest(%(addresses)s::text[]) address
        on conflict (type, address) do nothing
        """,
        {"addresses": list(addresses), "reason": reason},
    )


def mark_bounced(conn: Connection, notification_id: UUID) -> int:
    """What was taken by the provider has not arrived after all; 0 where that is known."""
    return conn.execute(
        """
        update public.notifications_queue set status = 'failed', last_error = 'bounced'
        where id = %(id)s and status = 'sent'
        """,
        {"id": notification_id},
    ).rowcount


def backlog(conn: Connection) -> Backlog | None:
    return (
        conn.cursor(row_factory=class_row(Backlog))
        .execute("select due, oldest_seconds from private.notification_backlog()")
        .fetchone()
    )
