"""SQL for referrals during registration, cancellation and refund; the caller holds the event's lock."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from shared.db import Connection


@dataclass(frozen=True)
class EndedReferral:
    """A referral that no longer counts, with its status before."""

    referrer_id: UUID
    event_id: UUID
    status: Literal["pending", "completed", "rewarded"]


@dataclass(frozen=True)
class RevokedReward:
    id: UUID
    kind: Literal["free_access", "credit"]
    registration_id: UUID | None
    amount: int
    currency: str
    event_title: str


def move_referral(conn: Connection, event_id: UUID, user_id: UUID, registration_id: UUID) -> None:
    """Attach the user's earlier referral to a new registration: leaving before the payment does not end it."""
    conn.execute(
        """
        update public.referrals
        set registration_id = %(registration)s, status = 'pending', completed_at = null, revocable_until = null
        where referred_user_id = %(user)s and event_id = %(event)s and status in ('pending', 'cancelled')
        """,
        {"event": event_id, "user": user_id, "registration": registration_id},
    )


def insert_referral(
    conn: Connection, *, referrer_id: UUID, user_id: UUID, event_id: UUID, registration_id: UUID
) -> None:
    """Insert a referral; the first one of a user and event stays."""
    conn.execute(
        """
        insert into public.referrals (referrer_id, referred_user_id, event_id, registration_id)
        values (%(referrer)s, %(user)s, %(event)s, %(registration)s)
        on conflict (referred_user_id, event_id) do nothing
        """,
        {"referrer": referrer_id, "user": user_id, "event": event_id, "registration": registration_id},
    )


def find_referrer(conn: Connection, code: str, user_id: UUID) -> tuple[UUID, bool] | None:
    """The owner of a code, and whether it is the same person: same account, normalized e-mail address or phone.

    The code of an account that was merged into another one goes on to work, for the other.
    """
    return conn.execute(
        """
        select them.id,
            coalesce(them.id = me.id or them.email_normalized = me.email_normalized or them.phone = me.phone, false)
        from public.profiles named
        left join public.account_merges m on m.from_user_id = named.id
        join public.profiles them on them.id = coalesce(m.into_user_id, named.id)
        cross join public.profiles me
        where named.referral_code = upper(%(code)s) and them.erased_at is null and me.id = %(user)s
        """,
        {"code": code, "user": user_id},
    ).fetchone()  # pyright: ignore[reportReturnType]


def cancel_referrals(conn: Connection, registration_ids: list[UUID], now: datetime) -> list[EndedReferral]:
    """Cancel the referrals of these registrations, except rewarded ones that are not revocable any more."""
    locked = conn.execute(
        """
        select id, status from public.referrals
        where registration_id = any(%(registrations)s) and status in ('pending', 'completed', 'rewarded')
        for no key update
        """,
        {"registrations": registration_ids},
    ).fetchall()
    if not locked:
        return []
    return (
        conn.cursor(row_factory=class_row(EndedReferral))
        .execute(
            """
            update public.referrals f set status = 'cancelled'
            from unnest(%(ids)s::uuid[], %(statuses)s::text[]) before (id, status), public.events e
            where f.id = before.id and e.id = f.event_id and (
                before.status <> 'rewarded' or private.revocable_until(
                    f.revocable_until, e.starts_at, e.full_refund_hours, e.full_refund_until
                ) > %(now)s
            )
            returning f.referrer_id, f.event_id, before.status
            """,
            {"ids": [each[0] for each in locked], "statuses": [each[1] for each in locked], "now": now},
        )
        .fetchall()
    )


def promote_completed(conn: Connection, referrer_id: UUID, event_id: UUID, needed: int, now: datetime) -> int:
    """Replace ended rewarded referrals by completed ones; returns the number of rewarded ones, at most `needed`."""
    cursor = conn.cursor(row_factory=scalar_row)
    return (
        cursor.execute(
            """
            with rewarded as (
                select count(*) as count from public.referrals
                where referrer_id = %(referrer)s and event_id = %(event)s and status = 'rewarded'
            ), promoted as (
                update public.referrals set status = 'rewarded', rewarded_at = %(now)s
                where id in (
                    select f.id from public.referrals f
                    where f.referrer_id = %(referrer)s and f.event_id = %(event)s and f.status = 'completed'
                        and private.counts_for_reward(f)
                    order by f.completed_at, f.id
                    limit greatest(0, %(needed)s - (select count from rewarded))
                )
                returning id
            )
            select (select count from rewarded) + (select count(*) from promoted)
            """,
            {"referrer": referrer_id, "event": event_id, "needed": needed, "now": now},
        ).fetchone()
        or 0
    )


def revoke_reward(conn: Connection, referrer_id: UUID, event_id: UUID, now: datetime) -> RevokedReward | None:
    return (
        conn.cursor(row_factory=class_row(RevokedReward))
        .execute(
            """
            update public.referral_rewards w
            set status = 'revoked', revoked_at = %(now)s, revoke_reason = 'referral_refunded'
            from public.events e
            where e.id = w.event_id and w.referrer_id = %(referrer)s and w.event_id = %(event)s
                and w.status = 'granted'
            returning w.id, w.kind, w.registration_id, w.amount, w.currency, e.title as event_title
            """,
            {"referrer": referrer_id, "event": event_id, "now": now},
        )
        .fetchone()
    )


def release_rewarded(conn: Connection, referrer_id: UUID, event_id: UUID) -> None:
    """Release the referrals of a revoked reward: those still paid for count again."""
    conn.execute(
        """
        update public.referrals f
        set status = case when r.status = 'confirmed' and r.payment_status = 'completed'
                then 'completed' else 'cancelled' end,
            rewarded_at = null
        from public.registrations r
        where r.id = f.registration_id and f.referrer_id = %(referrer)s and f.event_id = %(event)s
            and f.status = 'rewarded'
        """,
        {"referrer": referrer_id, "event": event_id},
    )


def cancel_free_access(conn: Connection, registration_id: UUID, now: datetime) -> None:
    """Cancel the free seat of a revoked reward, unless the course is over."""
    conn.execute(
        """
        update public.registrations r
        set status = 'cancelled', cancelled_at = %(now)s, cancel_reason = 'referral_reward_revoked'
        from public.events e
        where r.id = %(id)s and e.id = r.event_id and e.status in ('upcoming', 'ongoing')
            and r.status = 'confirmed' and r.payment_status = 'free'
        """,
        {"id": registration_id, "now": now},
    )
