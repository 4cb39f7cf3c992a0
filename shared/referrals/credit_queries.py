"""SQL for referral credits."""

from typing import LiteralString
from uuid import UUID

from psycopg.rows import scalar_row

from shared.db import Connection

BALANCE: LiteralString = """
    select (
        select coalesce(sum(amount), 0) from public.referral_rewards
        where referrer_id = %(user)s and kind = 'credit' and status = 'granted' and currency = %(currency)s
    ) - (
        select coalesce(sum(amount - returned_amount), 0) from public.referral_credit_uses
        where user_id = %(user)s and currency = %(currency)s
    )
"""
"""Negative when a spent credit was revoked later; the next credits make up for it."""


def lock_balance(conn: Connection, user_id: UUID, currency: str) -> int:
    """The user's balance in minor units; locked until the transaction ends, so that it is not spent twice."""
    with conn.pipeline():
        conn.execute("select 1 from public.profiles where id = %(user)s for no key update", {"user": user_id})
        found = conn.cursor(row_factory=scalar_row).execute(BALANCE, {"user": user_id, "currency": currency})
    return int(found.fetchone() or 0)


def insert_use(conn: Connection, registration_id: UUID, user_id: UUID, amount: int, currency: str) -> None:
    conn.execute(
        """
        insert into public.referral_credit_uses (registration_id, user_id, amount, currency)
        values (%(registration)s, %(user)s, %(amount)s, %(currency)s)
        """,
        {"registration": registration_id, "user": user_id, "amount": amount, "currency": currency},
    )


def return_credit(conn: Connection, registration_ids: list[UUID], percent: int) -> None:
    """Return a percentage of the spent credit; the returned amount never decreases."""
    conn.execute(
        """
        update public.referral_credit_uses u
        set returned_amount = greatest(u.returned_amount, case
            when r.payment_status in ('completed', 'free') then u.amount * %(percent)s / 100 else u.amount end)
        from public.registrations r
        where r.id = u.registration_id and u.registration_id = any(%(registrations)s)
        """,
        {"registrations": registration_ids, "percent": percent},
    )


def find_returned(conn: Connection, registration_id: UUID) -> int:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        "select returned_amount from public.referral_credit_uses where registration_id = %(id)s",
        {"id": registration_id},
    )
    return int(cursor.fetchone() or 0)


def clear_returned(conn: Connection, registration_id: UUID) -> None:
    conn.execute(
        "update public.referral_credit_uses set returned_amount = 0 where registration_id = %(id)s",
        {"id": registration_id},
    )
