"""The statements of a user's referrals; row level security keeps each to the user's own rows."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.account.referrals.models import GrantedReferralReward, ReferralCounts, ReferralCredit
from shared.db import Connection


def find_code(conn: Connection, user_id: UUID) -> str | None:
    """The user's referral code; null for a user without a profile."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute("select referral_code from public.profiles where id = %(user)s", {"user": user_id}).fetchone()


def count_referrals(conn: Connection, user_id: UUID) -> ReferralCounts:
    row = (
        conn.cursor(row_factory=class_row(ReferralCounts))
        .execute(
            """
            select count(*) filter (where status = 'pending') as pending,
                count(*) filter (where status = 'completed') as completed,
                count(*) filter (where status = 'rewarded') as rewarded,
                count(*) filter (where status = 'cancelled') as cancelled
            from public.referrals where referrer_id = %(user)s
            """,
            {"user": user_id},
        )
        .fetchone()
    )
    assert row is not None
    return row


def list_credits(conn: Connection, user_id: UUID) -> list[ReferralCredit]:
    """What is left of the user's credits, by currency."""
    return (
        conn.cursor(row_factory=class_row(ReferralCredit))
        .execute(
            """
            select currency, sum(amount)::bigint as amount
            from (
                select currency, amount from public.referral_rewards
                where referrer_id = %(user)s and kind = 'credit' and status = 'granted'
                union all
                select currency, returned_amount - amount from public.referral_credit_uses where user_id = %(user)s
            ) entries
            group by currency
            order by currency
            """,
            {"user": user_id},
        )
        .fetchall()
    )


def list_rewards(conn: Connection, user_id: UUID, now: datetime, limit: int) -> list[GrantedReferralReward]:
    """The newest rewards. One is pending while a refund can revoke it."""
    return (
        conn.cursor(row_factory=class_row(GrantedReferralReward))
        .execute(
            """
            select w.id, w.event_id, e.title as event_title, w.kind, w.registration_id, w.amount, w.currency,
                case when until.revocable_until > %(now)s then 'pending' else w.status end as status,
                case when until.revocable_until > %(now)s then until.revocable_until end as revocable_until,
                w.granted_at, w.revoked_at
            from public.referral_rewards w
            join public.events e on e.id = w.event_id
            left join lateral (
                select max(
                    private.revocable_until(f.revocable_until, e.starts_at, e.full_refund_hours, e.full_refund_until)
                ) as revocable_until
                from public.referrals f
                where w.status = 'granted' and f.referrer_id = w.referrer_id and f.event_id = w.event_id
                    and f.status = 'rewarded'
            ) until on true
            where w.referrer_id = %(user)s
            order by w.granted_at desc, w.id
            limit %(limit)s
            """,
            {"user": user_id, "now": now, "limit": limit},
        )
        .fetchall()
    )
