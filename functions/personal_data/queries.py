"""The statements of exporting and erasing a person; every one names the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import class_row, scalar_row

from shared.db import Connection

_OWN: LiteralString = "t.user_id = %(user)s"
_OWN_OR_MERGED: LiteralString = """
    t.user_id in (
        select %(user)s::uuid union all select from_user_id from public.account_merges where into_user_id = %(user)s
    )
"""
_ORDERS: LiteralString = """
    t.payment_transaction_id in (select p.id from public.payment_transactions p where p.user_id = %(user)s)
"""
# What each table knows about a person, the newest first: a table that may and is not here is found by a test.
ABOUT: dict[str, tuple[LiteralString, LiteralString, LiteralString]] = {
    "profiles": ("public.profiles", "t.id = %(user)s", "created_at"),
    "profile_changes": ("public.profile_changes", _OWN, "changed_at"),
    "phone_verifications": ("public.phone_verifications", _OWN, "created_at"),
    "account_merges": ("public.account_merges", "%(user)s in (t.from_user_id, t.into_user_id)", "merged_at"),
    "admins": ("public.admins", _OWN, "granted_at"),
    "registrations": ("public.registrations", _OWN, "created_at"),
    "referrals": ("public.referrals", "%(user)s in (t.referrer_id, t.referred_user_id)", "created_at"),
    "referral_rewards": ("public.referral_rewards", "t.referrer_id = %(user)s", "granted_at"),
    "referral_credit_uses": ("public.referral_credit_uses", _OWN, "created_at"),
    "event_feedback": ("public.event_feedback", _OWN, "created_at"),
    "event_waitlist": ("public.event_waitlist", _OWN, "joined_at"),
    "payment_transactions": ("public.payment_transactions", _OWN, "created_at"),
    "payment_attempts": ("public.payment_attempts", _ORDERS, "created_at"),
    "refunds": ("public.refunds", _ORDERS, "created_at"),
    "disputes": ("public.disputes", _ORDERS, "created_at"),
    "receipts": ("public.receipts", _OWN_OR_MERGED, "issued_at"),
    "session_attendance": ("public.session_attendance", _OWN, "check_in_time"),
    "recording_positions": ("public.recording_positions", _OWN, "updated_at"),
    "certificates": ("public.certificates", _OWN_OR_MERGED, "issued_at"),
    "notifications_queue": ("public.notifications_queue", _OWN, "created_at"),
    "in_app_notifications": ("public.in_app_notifications", _OWN, "created_at"),
    "notification_preferences": ("public.notification_preferences", _OWN, "updated_at"),
    "suppressed_addresses": (
        "public.suppressed_addresses",
        """
        (t.type, t.address) in (
            select w.type, w.address from public.profiles p
            cross join lateral (values ('email', lower(p.email)), ('sms', p.phone)) w (type, address)
            where p.id = %(user)s
        )
        """,
        "created_at",
    ),
    "realtime_connections": ("public.realtime_connections", _OWN, "connected_at"),
    "analytics_events": ("public.analytics_events", _OWN, "created_at"),
    "device_sightings": ("public.device_sightings", _OWN, "seen_at"),
    "admin_audit_logs": ("public.admin_audit_logs", "t.admin_id = %(user)s", "created_at"),
    "webhook_logs": (
        """(
            select id, event_type, received_at, redacted_at, razorpay_order_id, razorpay_payment_id, payload
            from public.webhook_logs
        )""",
        """
        t.razorpay_order_id in (
            select p.razorpay_order_id from public.payment_transactions p where p.user_id = %(user)s
        )
        """,
        "received_at",
    ),
    "erasures": ("public.erasures", _OWN, "requested_at"),
}


@dataclass(frozen=True)
class LockedAccount:
    """A person who wants to be erased, locked."""

    email: str
    phone: str | None
    erased_at: datetime | None


def rows_about(conn: Connection, table: str, user_id: UUID, limit: int) -> Cursor[dict[str, Any]]:
    """Whole rows: a column that is added later is in the export by itself."""
    source, condition, newest = ABOUT[table]
    return conn.cursor(row_factory=scalar_row).execute(
        "select to_jsonb(t) from "
        + source
        + " t where "
        + condition
        + " order by t."
        + newest
        + " desc limit %(limit)s",
        {"user": user_id, "limit": limit},
    )


def lock_account(conn: Connection, user_id: UUID) -> LockedAccount | None:
    """Locked, the person takes no more seats: whoever takes one locks the profile after the event."""
    return (
        conn.cursor(row_factory=class_row(LockedAccount))
        .execute(
            "select email, phone, erased_at from public.profiles where id = %(user)s for no key update",
            {"user": user_id},
        )
        .fetchone()
    )


def list_merged_accounts(conn: Connection, user_id: UUID) -> list[UUID]:
    """The accounts that were merged into the person's."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            "select from_user_id from public.account_merges where into_user_id = %(user)s order by from_user_id",
            {"user": user_id},
        )
        .fetchall()
    )


def is_admin(conn: Connection, user_id: UUID) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select exists (select 1 from public.admins where user_id = %(user)s)", {"user": user_id}
    )
    return bool(cursor.fetchone())


def has_paid_seat_ahead(conn: Connection, user_id: UUID) -> bool:
    """Whether the person has a paid seat in a course that is not over."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (
            select 1 from public.registrations r join public.events e on e.id = r.event_id
            where r.user_id = %(user)s and r.status = 'confirmed' and r.payment_status = 'completed'
                and e.status in ('draft', 'upcoming', 'ongoing')
        )
        """,
        {"user": user_id},
    )
    return bool(cursor.fetchone())


def list_events_ahead(conn: Connection, user_id: UUID) -> list[UUID]:
    """The courses in which the person has a seat or waits for one, in the order of locking."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select e.id from public.events e
            where e.status in ('draft', 'upcoming', 'ongoing') and (
                exists (select 1 from public.registrations r
                    where r.event_id = e.id and r.user_id = %(user)s and r.status in ('pending', 'confirmed'))
                or exists (select 1 from public.event_waitlist w
                    where w.event_id = e.id and w.user_id = %(user)s and w.status in ('waiting', 'notified'))
            )
            order by e.id
            """,
            {"user": user_id},
        )
        .fetchall()
    )


def lock_events(conn: Connection, event_ids: list[UUID]) -> None:
    conn.execute(
        "select 1 from public.events where id = any(%(ids)s) order by id for no key update", {"ids": event_ids}
    )


def list_seats(conn: Connection, user_id: UUID, event_id: UUID) -> list[UUID]:
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select id from public.registrations
            where user_id = %(user)s and event_id = %(event)s and status in ('pending', 'confirmed')
            """,
            {"user": user_id, "event": event_id},
        )
        .fetchall()
    )


def leave_waitlist(conn: Connection, user_id: UUID, event_id: UUID) -> None:
    conn.execute(
        """
        update public.event_waitlist set status = 'left'
        where user_id = %(user)s and event_id = %(event)s and status in ('waiting', 'notified')
        """,
        {"user": user_id, "event": event_id},
    )


def delete_traces(conn: Connection, user_id: UUID) -> None:
    """The inbox, choices, positions, open connections, devices and numbers that were to be proven."""
    who = {"user": user_id}
    conn.execute("delete from public.in_app_notifications where user_id = %(user)s", who)
    conn.execute("delete from public.notification_preferences where user_id = %(user)s", who)
    conn.execute("delete from public.recording_positions where user_id = %(user)s", who)
    conn.execute("delete from public.realtime_connections where user_id = %(user)s", who)
    conn.execute("delete from public.device_sightings where user_id = %(user)s", who)
    conn.execute("delete from public.phone_verifications where user_id = %(user)s", who)


def delete_suppressions(conn: Connection, email: str, phone: str | None) -> None:
    """Nothing is sent to anybody erased, so their addresses need not be known to be spared."""
    conn.execute(
        """
        delete from public.suppressed_addresses
        where (type = 'email' and address = lower(%(email)s)) or (type = 'sms' and address = %(phone)s)
        """,
        {"email": email, "phone": phone},
    )


def empty_messages(conn: Connection, user_id: UUID) -> None:
    """Nothing more is sent; that something was, stays."""
    conn.execute(
        """
        update public.notifications_queue
        set status = case status when 'pending' then 'cancelled' else status end, data = '{}', last_error = null,
            provider_message_id = null
        where user_id = %(user)s
        """,
        {"user": user_id},
    )


def anonymize_rows(conn: Connection, user_id: UUID) -> None:
    """Where the row stays for its count or its money, and what was written or told of the person goes."""
    who = {"user": user_id}
    conn.execute("update public.profile_changes set old_value = null, new_value = null where user_id = %(user)s", who)
    conn.execute("update public.event_feedback set comments = null where user_id = %(user)s", who)
    conn.execute(
        """
        update public.session_attendance set ip_address = null, user_agent = null
        where user_id = %(user)s and (ip_address is not null or user_agent is not null)
        """,
        who,
    )
    conn.execute(
        """
        update public.payment_attempts set instrument_hash = null
        where instrument_hash is not null and payment_transaction_id in (
            select id from public.payment_transactions where user_id = %(user)s
        )
        """,
        who,
    )
    # The same browser before its user signed in shares the session's id.
    conn.execute(
        """
        update public.analytics_events set user_id = null, session_id = null, event_data = '{}'
        where user_id = %(user)s or session_id in (
            select session_id from public.analytics_events where user_id = %(user)s and session_id is not null
        )
        """,
        who,
    )


def anonymize_profile(conn: Connection, user_id: UUID, now: datetime) -> None:
    conn.execute(
        """
        update public.profiles
        set email = 'erased-' || id || '@erased.invalid', full_name = '', phone = null, phone_verified_at = null,
            language = 'en', billing_name = null, billing_address = null, billing_state = null, billing_gstin = null,
            referral_code = private.new_referral_code(), erased_at = %(now)s
        where id = %(user)s
        """,
        {"user": user_id, "now": now},
    )


def insert_erasure(conn: Connection, user_id: UUID, pool_username: str | None, now: datetime) -> None:
    conn.execute(
        """
        insert into public.erasures (user_id, requested_at, pool_username) values (%(user)s, %(now)s, %(pool)s)
        on conflict (user_id) do nothing
        """,
        {"user": user_id, "now": now, "pool": pool_username},
    )


def pool_username(conn: Connection, user_id: UUID) -> str | None:
    """The login that is still to be deleted."""
    cursor = conn.cursor(row_factory=scalar_row)
    statement = "select pool_username from public.erasures where user_id = %(user)s"
    return cursor.execute(statement, {"user": user_id}).fetchone()


def list_unfinished(conn: Connection, limit: int) -> list[tuple[UUID, str]]:
    return conn.execute(
        """
        select user_id, pool_username from public.erasures
        where pool_username is not null order by requested_at, user_id limit %(limit)s
        """,
        {"limit": limit},
    ).fetchall()


def finish_erasure(conn: Connection, user_id: UUID) -> None:
    conn.execute("update public.erasures set pool_username = null where user_id = %(user)s", {"user": user_id})


def redact_deliveries_of(conn: Connection, user_id: UUID, now: datetime) -> None:
    """Take the personal data out of what Razorpay sent about a person's orders; amounts, ids and the hash stay."""
    conn.execute(
        """
        update public.webhook_logs
        set payload = private.without_personal_data(payload), redacted_at = %(now)s,
            body = convert_to(coalesce(private.without_personal_data(payload)::text, ''), 'UTF8')
        where redacted_at is null and razorpay_order_id in (
            select razorpay_order_id from public.payment_transactions
            where user_id = %(user)s and razorpay_order_id is not null
        )
        """,
        {"user": user_id, "now": now},
    )


def redact_old_deliveries(conn: Connection, before: datetime, now: datetime, limit: int) -> int:
    """Do the same with deliveries from before then, and with new ones about people who are erased; how many."""
    return conn.execute(
        """
        update public.webhook_logs
        set payload = private.without_personal_data(payload), redacted_at = %(now)s,
            body = convert_to(coalesce(private.without_personal_data(payload)::text, ''), 'UTF8')
        where redacted_at is null and id in (
            (
                select id from public.webhook_logs
                where redacted_at is null and received_at < %(before)s
                order by received_at limit %(limit)s
            )
            union all
            (
                select l.id
                from public.webhook_logs l
                join public.payment_transactions t on t.razorpay_order_id = l.razorpay_order_id
                join public.profiles p on p.id = t.user_id
                where l.redacted_at is null and l.received_at > %(now)s - interval '2 days'
                    and p.erased_at is not null
                limit %(limit)s
            )
        )
        """,
        {"before": before, "now": now, "limit": limit},
    ).rowcount


def delete_unsigned_deliveries(conn: Connection, limit: int) -> int:
    """Delete what anybody may have sent and is older than 30 days (the database's own rule); how many."""
    return conn.execute(
        """
        delete from public.webhook_logs where id in (
            select id from public.webhook_logs
            where not signature_valid and status = 'failed' and received_at < now() - interval '30 days'
            order by received_at limit %(limit)s
        )
        """,
        {"limit": limit},
    ).rowcount


def forget_devices(conn: Connection, before: datetime) -> int:
    """Where people came from, once that is too long ago to look for fraud in it."""
    seen = {"before": before}
    deleted = conn.execute("delete from public.device_sightings where seen_at < %(before)s", seen)
    emptied = conn.execute(
        """
        update public.session_attendance set ip_address = null, user_agent = null
        where check_in_time < %(before)s and (ip_address is not null or user_agent is not null)
        """,
        seen,
    )
    return deleted.rowcount + emptied.rowcount
