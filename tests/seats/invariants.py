"""The invariants after every step: each query selects the rows that break one."""

import re
from collections.abc import Mapping
from functools import cache
from typing import LiteralString

import psycopg
from psycopg import sql

from tests.seats.simulation import PlatformSimulation

BROKEN: dict[str, LiteralString] = {
    "a course is oversold": """
        select id from events
        where private.seats_taken(id) > capacity
    """,
    "a seat is free while somebody waits for it": """
        select id from events e
        where status = 'upcoming' and least(coalesce(sales_end_at, starts_at), starts_at) > %(now)s
            and private.seats_taken(id) < capacity
            and exists (select from event_waitlist w where w.event_id = e.id and w.status = 'waiting')
    """,
    "a seat was offered out of turn": """
        select later.id from event_waitlist later join event_waitlist earlier on earlier.event_id = later.event_id
        where later.status = 'notified' and earlier.status = 'waiting'
            and (earlier.joined_at, earlier.id) < (later.joined_at, later.id)
    """,
    "an offer without a notification": """
        select id from event_waitlist w
        where status = 'notified' and not exists (
            select from notifications_queue n
            where n.dedupe_key = 'seat_offered:' || w.id || ':' || w.user_id || ':email'
        )
    """,
    "a user with a seat waits for one": """
        select w.id from event_waitlist w join registrations r using (user_id, event_id)
        where w.status in ('waiting', 'notified') and r.status in ('pending', 'confirmed')
    """,
    "a captured payment neither bought a seat nor goes back": """
        select a.razorpay_payment_id
        from payment_attempts a
        join payment_transactions t on t.id = a.payment_transaction_id
        join registrations r on r.id = t.registration_id
        join events e on e.id = r.event_id
        left join lateral (
            select coalesce(sum(amount), 0) as back from refunds f
            where f.razorpay_payment_id = a.razorpay_payment_id and f.status <> 'failed'
        ) f on true
        where a.status = 'captured' and not (
            f.back = a.amount
            or f.back = 0 and r.status = 'confirmed' and r.payment_status = 'completed'
                and t.status = 'success' and t.razorpay_payment_id = a.razorpay_payment_id
            or r.status = 'cancelled' and r.cancel_reason = 'student_cancelled' and f.back = a.amount * case
                when r.cancelled_at <= e.starts_at - make_interval(hours => e.full_refund_hours) then 100
                when r.cancelled_at <= e.starts_at - make_interval(hours => e.partial_refund_hours)
                    then e.partial_refund_percent
                else 0 end / 100
        )
    """,
    "a paid seat has no money behind it": """
        select r.id from registrations r
        where r.status = 'confirmed' and r.payment_status = 'completed' and not exists (
            select from payment_transactions t where t.registration_id = r.id and t.status = 'success'
        )
    """,
    "a free seat has no reward behind it": """
        select r.id from registrations r join events e on e.id = r.event_id
        where r.status = 'confirmed' and r.payment_status = 'free' and e.price_amount > 0 and not exists (
            select from referral_rewards w where w.registration_id = r.id and w.status = 'granted'
        ) and not exists (
            select from referral_credit_uses u
            where u.registration_id = r.id and u.amount - u.returned_amount = e.price_amount
        )
    """,
    "a seat costs less than its price": """
        select r.id from registrations r
        join events e on e.id = r.event_id
        left join referral_credit_uses u on u.registration_id = r.id
        where r.status in ('pending', 'confirmed') and r.payment_status <> 'free'
            and r.amount + coalesce(u.amount - u.returned_amount, 0) <> e.price_amount
    """,
    "more credit is spent than was ever granted": """
        select u.user_id from referral_credit_uses u
        group by u.user_id
        having sum(u.amount - u.returned_amount) > (
            select coalesce(sum(w.amount), 0) from referral_rewards w
            where w.referrer_id = u.user_id and w.kind = 'credit'
        )
    """,
    "a seat that was not kept keeps credit": """
        select r.id from registrations r join referral_credit_uses u on u.registration_id = r.id
        where r.status in ('cancelled', 'expired') and r.payment_status in ('pending', 'failed', 'refunded')
            and u.returned_amount <> u.amount
    """,
    "a reward is not backed by two paid referrals": """
        select w.id from referral_rewards w
        where w.status = 'granted' and (
            select count(*) from referrals f join registrations r on r.id = f.registration_id
            where f.referrer_id = w.referrer_id and f.event_id = w.event_id and f.status = 'rewarded'
                and (
                    (r.status = 'confirmed' and r.payment_status = 'completed')
                    or r.cancelled_at >= f.revocable_until
                )
        ) <> 2
    """,
    "a referral was rewarded with nothing": """
        select f.id from referrals f
        where f.status = 'rewarded' and not exists (
            select from referral_rewards w
            where w.referrer_id = f.referrer_id and w.event_id = f.event_id and w.status = 'granted'
        )
    """,
    "a reward for a course that gives none": """
        select w.id from referral_rewards w join events e on e.id = w.event_id where e.category <> 'technical'
    """,
}


@cache
def _union(names: tuple[str, ...], statements: tuple[LiteralString, ...]) -> sql.Composed:
    """One statement that returns the broken invariants with the rows that break them."""
    return sql.SQL(" union all ").join(
        sql.SQL("select {}, b::text from ({}) b").format(sql.Literal(what), sql.SQL(statement))
        for what, statement in zip(names, statements, strict=True)
    )


IDENTIFIER = re.compile(r"[0-9a-f-]{36}|pay_\w+")
RELATED = """
    with registration as (
        select r.id from registrations r where r.id::text = any(%(ids)s) or r.event_id::text = any(%(ids)s)
        union select t.registration_id from payment_transactions t
            left join payment_attempts a on a.payment_transaction_id = t.id
            where t.id::text = any(%(ids)s) or a.razorpay_payment_id = any(%(ids)s)
        union select registration_id from event_waitlist where id::text = any(%(ids)s)
        union select r.id from event_waitlist w join registrations r using (user_id, event_id)
            where w.id::text = any(%(ids)s)
    ), orders as (select t.* from payment_transactions t where t.registration_id in (select id from registration))
    select 'registration', to_jsonb(r)::text from registrations r where r.id in (select id from registration)
    union all select 'order', to_jsonb(o)::text from orders o
    union all select 'payment', to_jsonb(a)::text from payment_attempts a
        where a.payment_transaction_id in (select id from orders)
    union all select 'refund', to_jsonb(f)::text from refunds f
        where f.payment_transaction_id in (select id from orders)
    union all select 'waitlist', to_jsonb(w)::text from event_waitlist w join registrations r using (user_id, event_id)
        where r.id in (select id from registration)
"""


class Violation(AssertionError):
    """An invariant does not hold."""


def check(simulation: PlatformSimulation, invariants: Mapping[str, LiteralString] = BROKEN) -> None:
    """Raises Violation with the broken invariants and all related rows, because a race may be hard to repeat."""
    everything = _union(tuple(invariants), tuple(invariants.values()))
    found = simulation.look.execute(everything, {"now": simulation.now}).fetchall()
    if found:
        raise Violation("\n".join([*(f"{what}: {row}" for what, row in found), *_rows_about(simulation, found)]))


def _rows_about(simulation: PlatformSimulation, found: list[tuple[str, str]]) -> list[str]:
    """All rows of the registrations concerned."""
    ids = list({key for _, row in found for key in IDENTIFIER.findall(row)})
    rows = simulation.look.execute(RELATED, {"ids": ids}).fetchall()
    return [f"  {table}: {row}" for table, row in rows]


def check_settled(simulation: PlatformSimulation) -> None:
    """After all deliveries and schedules, Razorpay's refunds and our refunds are equal."""
    check(simulation)
    for payment in simulation.razorpay.payments("captured"):
        owed = _owed(simulation.look, payment["id"])
        if simulation.razorpay.refunded(payment["id"]) != owed:
            raise Violation(f"{payment['id']}: {simulation.razorpay.refunded(payment['id'])} was refunded of {owed}")
    if simulation.rows("select id from refunds where status <> 'processed'"):
        raise Violation("a refund was recorded and never sent")


def _owed(look: psycopg.Connection, payment_id: str) -> int:
    row = look.execute(
        "select coalesce(sum(amount), -1) from refunds where razorpay_payment_id = %s having count(*) > 0",
        (payment_id,),
    ).fetchone()
    known = look.execute("select 1 from payment_attempts where razorpay_payment_id = %s", (payment_id,)).fetchone()
    if known is None:
        raise Violation(f"{payment_id} was captured and never recorded")
    return int(row[0]) if row else 0
