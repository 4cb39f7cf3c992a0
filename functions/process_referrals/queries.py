"""SQL for completing and rewarding referrals."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.process_referrals.models import DueReward, GrantedReward, RewardedEvent, RewardKind
from shared.db import Connection


def complete_paid(conn: Connection, now: datetime, cooling_ends_at: datetime, limit: int) -> list[UUID]:
    """Complete referrals whose registration is paid; rows locked by a concurrent run are skipped.

    They are revocable until the cooling period ends and the registration's full refund is over.
    """
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        update public.referrals known
        set status = 'completed', completed_at = %(now)s,
            revocable_until = greatest(%(cooling_ends_at)s, paid.agreed_starts_at - paid.full_refund_period)
        from (
            select f.id, r.agreed_starts_at, e.full_refund_hours * interval '1 hour' as full_refund_period
            from public.referrals f
            join public.registrations r on r.id = f.registration_id
            join public.events e on e.id = f.event_id
            where f.status = 'pending' and r.status = 'confirmed' and r.payment_status = 'completed'
            order by f.created_at
            limit %(limit)s
            for update of f skip locked
        ) paid
        where known.id = paid.id and known.status = 'pending'
        returning known.id
        """,
        {"now": now, "cooling_ends_at": cooling_ends_at, "limit": limit},
    ).fetchall()


def list_ended_referrals(conn: Connection, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Event and registration of referrals that still count although their registration has ended."""
    return conn.execute(
        """
        select f.event_id, f.registration_id
        from public.referrals f
        join public.registrations r on r.id = f.registration_id
        join public.events e on e.id = f.event_id
        where not (r.status = 'confirmed' and r.payment_status = 'completed')
            and (
                f.status = 'completed'
                or f.status = 'rewarded' and private.revocable_until(
                    f.revocable_until, e.starts_at, e.full_refund_hours, e.full_refund_until
                ) > %(now)s
            )
        order by f.created_at
        limit %(limit)s
        """,
        {"now": now, "limit": limit},
    ).fetchall()


def list_due_rewards(conn: Connection, needed: int, after: DueReward | None, limit: int) -> list[DueReward]:
    """Referrers with enough completed referrals for one technical event and without a granted reward for it."""
    return (
        conn.cursor(row_factory=class_row(DueReward))
        .execute(
            """
            select f.event_id, f.referrer_id
            from public.referrals f join public.events e on e.id = f.event_id
            where f.status = 'completed' and e.category = 'technical' and private.counts_for_reward(f)
                and (%(event)s::uuid is null or (f.event_id, f.referrer_id) > (%(event)s, %(referrer)s))
                and not exists (
                    select 1 from public.referral_rewards w
                    where w.referrer_id = f.referrer_id and w.event_id = f.event_id and w.status = 'granted'
                )
            group by f.event_id, f.referrer_id
            having count(*) >= %(needed)s
            order by f.event_id, f.referrer_id
            limit %(limit)s
            """,
            {
                "needed": needed,
                "event": after.event_id if after else None,
                "referrer": after.referrer_id if after else None,
                "limit": limit,
            },
        )
        .fetchall()
    )


def lock_event(conn: Connection, event_id: UUID) -> RewardedEvent | None:
    return (
        conn.cursor(row_factory=class_row(RewardedEvent))
        .execute(
            """
            select id, title, status, capacity, price_amount, currency, starts_at
            from public.events where id = %(id)s
            for no key update
            """,
            {"id": event_id},
        )
        .fetchone()
    )


def lock_completed(conn: Connection, due: DueReward, needed: int) -> list[UUID]:
    """Lock a referrer's completed referrals; returns the oldest `needed` that count, each of another person."""
    cursor = conn.cursor(row_factory=scalar_row)
    locked: list[UUID] = cursor.execute(
        """
        select id from public.referrals
        where referrer_id = %(referrer)s and event_id = %(event)s and status = 'completed'
        for no key update
        """,
        {"referrer": due.referrer_id, "event": due.event_id},
    ).fetchall()
    return cursor.execute(
        """
        select f.id from public.referrals f
        where f.id = any(%(locked)s) and private.counts_for_reward(f)
        order by f.completed_at, f.id
        limit %(needed)s
        """,
        {"locked": locked, "needed": needed},
    ).fetchall()


def mark_rewarded(conn: Connection, referral_ids: list[UUID], now: datetime) -> None:
    conn.execute(
        """
        update public.referrals set status = 'rewarded', rewarded_at = %(now)s
        where id = any(%(ids)s) and status = 'completed'
        """,
        {"ids": referral_ids, "now": now},
    )


def make_held_seat_free(conn: Connection, due: DueReward, now: datetime) -> UUID | None:
    """Make the referrer's held, unpaid seat free of charge; returns its registration, None when there is none."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        update public.registrations
        set status = 'confirmed', payment_status = 'free', amount = 0, hold_expires_at = null, confirmed_at = %(now)s,
            source = 'referral_reward'
        where user_id = %(user)s and event_id = %(event)s and status = 'pending'
        returning id
        """,
        {"user": due.referrer_id, "event": due.event_id, "now": now},
    ).fetchone()


def find_amount_paid(conn: Connection, due: DueReward) -> int | None:
    """What the referrer paid for their own seat, in money and credit, in minor units; None without a seat."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        select r.amount + coalesce(u.amount - u.returned_amount, 0)
        from public.registrations r
        left join public.referral_credit_uses u on u.registration_id = r.id
        where r.user_id = %(user)s and r.event_id = %(event)s and r.status = 'confirmed'
        """,
        {"user": due.referrer_id, "event": due.event_id},
    ).fetchone()


def insert_free_registration(conn: Connection, due: DueReward, currency: str, now: datetime) -> UUID | None:
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        insert into public.registrations
            (user_id, event_id, status, payment_status, amount, currency, confirmed_at, source)
        values (%(user)s, %(event)s, 'confirmed', 'free', 0, %(currency)s, %(now)s, 'referral_reward')
        on conflict (user_id, event_id) where status in ('pending', 'confirmed') do nothing
        returning id
        """,
        {"user": due.referrer_id, "event": due.event_id, "currency": currency, "now": now},
    ).fetchone()


def insert_reward(
    conn: Connection,
    due: DueReward,
    *,
    kind: RewardKind,
    registration_id: UUID | None,
    amount: int,
    currency: str,
    now: datetime,
) -> GrantedReward | None:
    """Insert a reward; None when the referrer already has a granted reward for this event."""
    return (
        conn.cursor(row_factory=class_row(GrantedReward))
        .execute(
            """
            insert into public.referral_rewards
                (referrer_id, event_id, kind, registration_id, amount, currency, granted_at)
            values (%(referrer)s, %(event)s, %(kind)s, %(registration)s, %(amount)s, %(currency)s, %(now)s)
            on conflict (referrer_id, event_id, tier) where status = 'granted' do nothing
            returning id, referrer_id, event_id, tier, kind, registration_id, amount, currency
            """,
            {
                "referrer": due.referrer_id,
                "event": due.event_id,
                "kind": kind,
                "registration": registration_id,
                "amount": amount,
                "currency": currency,
                "now": now,
            },
        )
        .fetchone()
    )


def has_reward(conn: Connection, due: DueReward) -> bool:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (
            select 1 from public.referral_rewards
            where referrer_id = %(referrer)s and event_id = %(event)s and status = 'granted'
        )
        """,
        {"referrer": due.referrer_id, "event": due.event_id},
    )
    return bool(cursor.fetchone())
