"""The statements of finding people and of merging two accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, dict_row, scalar_row

from functions.admin_sales.users.models import MergeConflict, UserCertificate, UserPayment, UserSeat, UserSummary
from shared.db import Connection

_SUMMARY: LiteralString = """
    p.id, p.email, p.email_verified, p.full_name, p.phone, p.phone_verified_at is not null as phone_verified,
    p.created_at, p.erased_at, m.into_user_id as merged_into
"""
_PEOPLE: LiteralString = """
    from public.profiles p left join public.account_merges m on m.from_user_id = p.id
"""
# What a search text may be. Policies come before conditions that might leak, so by name and by the start of an address
# all profiles are read.
MATCHES: dict[str, LiteralString] = {
    "id": "p.id = %(text)s::uuid",
    "address": """
        p.id in (
            select id from public.profiles where email_normalized = private.normalize_email(%(text)s)
            union select id from public.profiles where lower(email) like lower(%(prefix)s)
        )
    """,
    "phone": "p.phone = %(text)s",
    "name": """
        to_tsvector('simple', p.full_name)
            @@ (nullif(plainto_tsquery('simple', %(text)s)::text, '') || ':*')::tsquery
        or p.id in (select id from public.profiles where lower(email) like lower(%(prefix)s))
    """,
    "everybody": "true",
}
# What each account owns: table and column. Watch positions stay, for the other account may have its own.
MOVED: dict[str, tuple[LiteralString, LiteralString]] = {
    "registrations": ("public.registrations", "user_id"),
    "payment_transactions": ("public.payment_transactions", "user_id"),
    "referrals_made": ("public.referrals", "referrer_id"),
    "referrals_received": ("public.referrals", "referred_user_id"),
    "referral_rewards": ("public.referral_rewards", "referrer_id"),
    "referral_credit_uses": ("public.referral_credit_uses", "user_id"),
    "event_feedback": ("public.event_feedback", "user_id"),
    "event_waitlist": ("public.event_waitlist", "user_id"),
    "session_attendance": ("public.session_attendance", "user_id"),
    "certificate_drafts": ("public.certificate_drafts", "user_id"),
    "in_app_notifications": ("public.in_app_notifications", "user_id"),
    "notifications_queue": ("public.notifications_queue", "user_id"),
    "device_sightings": ("public.device_sightings", "user_id"),
}


@dataclass(frozen=True)
class MergeableAccount:
    """One of the two accounts, and what keeps it from being merged."""

    id: UUID
    is_erased: bool
    is_admin: bool
    merged_into: UUID | None


def search(
    conn: Connection, kind: str, text: str, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[UserSummary]:
    after_time, after_id = after or (None, None)
    prefix = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return (
        conn.cursor(row_factory=class_row(UserSummary))
        .execute(
            "select"
            + _SUMMARY
            + _PEOPLE
            + "where ("
            + MATCHES[kind]
            + """)
                and (%(after_time)s::timestamptz is null or p.created_at < %(after_time)s
                    or (p.created_at = %(after_time)s and p.id > %(after_id)s::uuid))
            order by p.created_at desc, p.id
            limit %(limit)s
            """,
            {"text": text, "prefix": prefix, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def find_user(conn: Connection, user_id: UUID) -> dict[str, Any] | None:
    return (
        conn.cursor(row_factory=dict_row)
        .execute(
            "select"
            + _SUMMARY
            + """
            , p.language, p.referral_code,
            array(select o.from_user_id from public.account_merges o where o.into_user_id = p.id) as merged_from
            """
            + _PEOPLE
            + "where p.id = %(user)s",
            {"user": user_id},
        )
        .fetchone()
    )


def list_seats(conn: Connection, user_id: UUID, limit: int) -> list[UserSeat]:
    return (
        conn.cursor(row_factory=class_row(UserSeat))
        .execute(
            """
            select r.id as registration_id, r.event_id, e.title as event_title, e.starts_at as event_starts_at,
                r.status, r.payment_status, r.created_at
            from public.registrations r join public.events e on e.id = r.event_id
            where r.user_id = %(user)s order by r.created_at desc, r.id limit %(limit)s
            """,
            {"user": user_id, "limit": limit},
        )
        .fetchall()
    )


def list_payments(conn: Connection, user_id: UUID, limit: int) -> list[UserPayment]:
    return (
        conn.cursor(row_factory=class_row(UserPayment))
        .execute(
            """
            select id as payment_id, registration_id, status, amount, currency, paid_at
            from public.payment_transactions
            where user_id = %(user)s order by created_at desc, id limit %(limit)s
            """,
            {"user": user_id, "limit": limit},
        )
        .fetchall()
    )


def list_certificates(conn: Connection, user_ids: list[UUID], limit: int) -> list[UserCertificate]:
    return (
        conn.cursor(row_factory=class_row(UserCertificate))
        .execute(
            """
            select id as certificate_id, certificate_number, event_id, issued_at, revoked_at
            from public.certificates
            where user_id = any(%(users)s) order by issued_at desc, id limit %(limit)s
            """,
            {"users": user_ids, "limit": limit},
        )
        .fetchall()
    )


def lift_hold_limits(conn: Connection, user_id: UUID, now: datetime) -> bool:
    """False for an unknown person."""
    lifted = conn.execute(
        """
        update public.profiles set hold_limits_lifted_at = %(now)s
        where email_normalized = (select email_normalized from public.profiles where id = %(user)s)
        """,
        {"user": user_id, "now": now},
    )
    return lifted.rowcount > 0


def lock_accounts(conn: Connection, user_ids: list[UUID]) -> None:
    """Locked in the order of their ids, neither takes another seat: whoever takes one locks the profile."""
    conn.execute(
        "select 1 from public.profiles where id = any(%(ids)s) order by id for no key update", {"ids": user_ids}
    )


def list_accounts(conn: Connection, user_ids: list[UUID]) -> list[MergeableAccount]:
    return (
        conn.cursor(row_factory=class_row(MergeableAccount))
        .execute(
            """
            select p.id, p.erased_at is not null as is_erased, m.into_user_id as merged_into,
                exists (select 1 from public.admins a where a.user_id = p.id) as is_admin
            from public.profiles p left join public.account_merges m on m.from_user_id = p.id
            where p.id = any(%(ids)s)
            """,
            {"ids": user_ids},
        )
        .fetchall()
    )


def list_conflicts(conn: Connection, from_id: UUID, into_id: UUID) -> list[MergeConflict]:
    """Everything that one person must not have twice, or from themselves."""
    return (
        conn.cursor(row_factory=class_row(MergeConflict))
        .execute(
            """
            with seats as (
                select user_id, event_id from public.registrations
                where user_id in (%(from)s, %(into)s) and status in ('pending', 'confirmed')
            ), places as (
                select user_id, event_id from public.event_waitlist
                where user_id in (%(from)s, %(into)s) and status in ('waiting', 'notified')
            ), found as (
                select 'two_seats' as code, event_id from seats group by event_id having count(*) > 1
                union all
                select 'two_waitlist_places', event_id from places group by event_id having count(*) > 1
                union all
                select 'seat_and_waitlist', s.event_id from seats s
                join places w on w.event_id = s.event_id and w.user_id <> s.user_id
                union all
                select 'self_referral', event_id from public.referrals
                where (referrer_id, referred_user_id) in ((%(from)s, %(into)s), (%(into)s, %(from)s))
                union all
                select 'referred_twice', event_id from public.referrals
                where referred_user_id in (%(from)s, %(into)s) group by event_id having count(*) > 1
                union all
                select 'rewarded_twice', event_id from public.referral_rewards
                where referrer_id in (%(from)s, %(into)s) and status = 'granted'
                group by event_id, tier having count(*) > 1
            )
            select distinct f.code, f.event_id, e.title as event_title
            from found f join public.events e on e.id = f.event_id
            order by f.code, f.event_id
            """,
            {"from": from_id, "into": into_id},
        )
        .fetchall()
    )


def count_owned(conn: Connection, name: str, from_id: UUID) -> int:
    relation, owner = MOVED[name]
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select count(*) from " + relation + " t where t." + owner + " = %(from)s", {"from": from_id}
    )
    return int(cursor.fetchone() or 0)


def move(conn: Connection, name: str, from_id: UUID, into_id: UUID) -> int:
    relation, owner = MOVED[name]
    return conn.execute(
        "update " + relation + " t set " + owner + " = %(into)s where t." + owner + " = %(from)s",
        {"from": from_id, "into": into_id},
    ).rowcount


def insert_merge(conn: Connection, from_id: UUID, into_id: UUID, admin_id: UUID, now: datetime) -> None:
    """Accounts that were merged into the one that gives come along."""
    conn.execute(
        "update public.account_merges set into_user_id = %(into)s where into_user_id = %(from)s",
        {"from": from_id, "into": into_id},
    )
    conn.execute(
        """
        insert into public.account_merges (from_user_id, into_user_id, merged_by, merged_at)
        values (%(from)s, %(into)s, %(admin)s, %(now)s)
        """,
        {"from": from_id, "into": into_id, "admin": admin_id, "now": now},
    )
