"""The statements of finding signs of fraud in what is kept of devices, referrals and payments."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_operations.fraud_signals.models import DetectedSignal, SignalAccount, SignalKind
from shared.db import Connection

# A signal's id derives from its kind and subject, so it is stable; SIGNAL_REASONS in models.py states each condition.
# Most devices and addresses belong to one person: find the shared ones first and examine only these.
SIGNALS: LiteralString = """
    with devices as materialized (
        select device_hash from (select distinct device_hash, user_id from public.device_sightings) s
        group by device_hash having count(*) > 1
    ), addresses as materialized (
        select ip_address, hour from (
            select distinct ip_address, date_trunc('hour', seen_at, 'UTC') as hour, user_id
            from public.device_sightings where ip_address is not null
        ) s
        group by ip_address, hour having count(*) > 1
    ), sessions as materialized (
        select session_id, ip_address from (
            select distinct session_id, ip_address, user_id from public.session_attendance
            where ip_address is not null and check_in_time > %(now)s::timestamptz - interval '90 days'
        ) s
        group by session_id, ip_address having count(*) > 1
    ), parts as (
        select 'accounts_on_one_device' as kind, encode(device_hash, 'hex') as subject, user_id, seen_at,
            host(ip_address) as address, 3 as needed_accounts, 3 as needed_events
        from public.device_sightings join devices using (device_hash)
        union all
        select 'accounts_from_one_address', host(a.ip_address) || a.hour, s.user_id, s.seen_at, host(a.ip_address), 5, 5
        from public.device_sightings s
        join addresses a on a.ip_address = s.ip_address and a.hour = date_trunc('hour', s.seen_at, 'UTC')
        union all
        select 'checkins_from_one_device', session_id || host(ip_address) || coalesce(user_agent, ''), user_id,
            check_in_time, host(ip_address), 3, 3
        from public.session_attendance join sessions using (session_id, ip_address)
        where check_in_time > %(now)s::timestamptz - interval '90 days'
        union all
        select 'failed_payments_on_one_device', encode(d.device_hash, 'hex'), d.user_id, p.failed_at,
            host(d.ip_address), 1, 5
        from public.payment_attempts p
        join public.payment_transactions t on t.id = p.payment_transaction_id
        join lateral (
            select distinct on (s.device_hash) s.device_hash, s.user_id, s.ip_address
            from public.device_sightings s
            where s.registration_id = t.registration_id and s.action <> 'registered'
            order by s.device_hash, s.seen_at desc
        ) d on true
        where p.failed_at > %(now)s::timestamptz - interval '7 days'
        union all
        select 'mutual_referral', least(a.referrer_id, a.referred_user_id) || ' '
            || greatest(a.referrer_id, a.referred_user_id)::text, a.referrer_id, a.created_at, null, 2, 2
        from public.referrals a
        where exists (
            select from public.referrals b
            where b.referrer_id = a.referred_user_id and b.referred_user_id = a.referrer_id
        )
        union all
        select 'referral_on_one_device', encode(x.device_hash, 'hex'), w.user_id, r.created_at, null, 2, 2
        from public.referrals r
        join (select distinct user_id, device_hash from public.device_sightings) x on x.user_id = r.referrer_id
        join (select distinct user_id, device_hash from public.device_sightings) y
            on y.user_id = r.referred_user_id and y.device_hash = x.device_hash
        cross join lateral (values (r.referrer_id), (r.referred_user_id)) w (user_id)
    ), signals as (
        select md5(kind || ' ' || subject)::uuid as id, kind, array_agg(distinct user_id) as accounts,
            count(*)::integer as events, min(seen_at) as first_seen_at, max(seen_at) as last_seen_at,
            coalesce(array_agg(distinct address) filter (where address is not null), '{}') as addresses
        from parts
        group by kind, subject
        having count(distinct user_id) >= min(needed_accounts) and count(*) >= min(needed_events)
    ), known as (
        select s.id, s.kind, s.accounts, s.events, s.first_seen_at, s.last_seen_at, s.addresses,
            coalesce(s.accounts <@ r.accounts, false) as is_reviewed,
            case when r.signal_id is not null then jsonb_build_object(
                'note', r.note, 'reviewed_by', r.reviewed_by, 'reviewed_at', r.reviewed_at
            ) end as review
        from signals s left join public.fraud_reviews r on r.signal_id = s.id
    )
"""


def list_signals(
    conn: Connection,
    *,
    kind: SignalKind | None,
    is_reviewed: bool | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    now: datetime,
) -> list[DetectedSignal]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(DetectedSignal))
        .execute(
            SIGNALS
            + """
            select id, kind, accounts, events, first_seen_at, last_seen_at, addresses, is_reviewed, review from known
            where (%(kind)s::text is null or kind = %(kind)s)
                and (%(reviewed)s::boolean is null or is_reviewed = %(reviewed)s)
                and (%(after_time)s::timestamptz is null or last_seen_at < %(after_time)s
                    or (last_seen_at = %(after_time)s and id > %(after_id)s::uuid))
            order by last_seen_at desc, id
            limit %(limit)s
            """,
            {
                "kind": kind,
                "reviewed": is_reviewed,
                "after_time": after_time,
                "after_id": after_id,
                "limit": limit,
                "now": now,
            },
        )
        .fetchall()
    )


def find_signal(conn: Connection, signal_id: UUID, now: datetime) -> DetectedSignal | None:
    return (
        conn.cursor(row_factory=class_row(DetectedSignal))
        .execute(
            SIGNALS
            + """
            select id, kind, accounts, events, first_seen_at, last_seen_at, addresses, is_reviewed, review from known
            where id = %(id)s
            """,
            {"id": signal_id, "now": now},
        )
        .fetchone()
    )


def list_accounts(conn: Connection, ids: list[UUID]) -> list[SignalAccount]:
    return (
        conn.cursor(row_factory=class_row(SignalAccount))
        .execute("select id, email, full_name from public.profiles where id = any(%(ids)s)", {"ids": ids})
        .fetchall()
    )


def upsert_review(conn: Connection, signal: DetectedSignal, note: str, admin_id: UUID, now: datetime) -> None:
    conn.execute(
        """
        insert into public.fraud_reviews (signal_id, kind, accounts, note, reviewed_by, reviewed_at)
        values (%(id)s, %(kind)s, %(accounts)s, %(note)s, %(admin)s, %(now)s)
        on conflict (signal_id) do update set accounts = excluded.accounts, note = excluded.note,
            reviewed_by = excluded.reviewed_by, reviewed_at = excluded.reviewed_at
        """,
        {
            "id": signal.id,
            "kind": signal.kind,
            "accounts": signal.accounts,
            "note": note,
            "admin": admin_id,
            "now": now,
        },
    )
