"""SQL for the refunds of registrations that are given up; the caller holds the event's lock."""

from uuid import UUID

from psycopg.rows import class_row

from shared.db import Connection
from shared.payments.models import RefundReason, RequestedRefund


def request_refunds(
    conn: Connection, registration_ids: list[UUID], percent: int, reason: RefundReason
) -> list[RequestedRefund]:
    """Record one refund for each payment of these registrations: a percentage, at most what is left of it.

    A payment that is held bought nothing, so all of it goes back whatever the percentage. What a bank has taken back in
    a dispute does not go back again; while a dispute is open, the refund waits. Razorpay's smallest refund is 100 minor
    units, so a share is at least that, and a share that would leave less becomes all that is left.
    """
    return (
        conn.cursor(row_factory=class_row(RequestedRefund))
        .execute(
            """
            insert into public.refunds
                (payment_transaction_id, razorpay_payment_id, amount, currency, reason, idempotency_key)
            select p.transaction_id, p.payment_id, due.amount, p.currency, %(reason)s, 'cancel-' || p.payment_id
            from (
                select id as transaction_id, razorpay_payment_id as payment_id, currency,
                    amount * %(percent)s / 100 as share
                from public.payment_transactions
                where registration_id = any(%(ids)s) and status = 'success' and %(percent)s > 0
                union all
                select t.id, a.razorpay_payment_id, a.currency, a.amount
                from public.payment_transactions t
                join public.payment_attempts a on a.payment_transaction_id = t.id and a.status = 'captured'
                where t.registration_id = any(%(ids)s) and t.review_reason is not null
                    and a.razorpay_payment_id is distinct from t.razorpay_payment_id
            ) p
            cross join lateral private.payment_balance(p.payment_id) b
            cross join lateral (select (b.captured - b.committed - b.deducted)::bigint as amount) rest
            cross join lateral (select least(greatest(p.share, 100), rest.amount)::bigint as amount) share
            cross join lateral (
                select case when rest.amount - share.amount < 100 then rest.amount else share.amount end as amount
            ) due
            where due.amount >= 100
            on conflict (idempotency_key) do nothing
            returning amount, currency, (
                select t.registration_id from public.payment_transactions t where t.id = payment_transaction_id
            ) as registration_id
            """,
            {"ids": registration_ids, "percent": percent, "reason": reason},
        )
        .fetchall()
    )


def preview_refunds(conn: Connection, registration_id: UUID, percent: int) -> list[tuple[int, str]]:
    """What `request_refunds` would request now: amount in minor units and currency, for each payment."""
    return conn.execute(
        """
        select due.amount, p.currency
        from (
            select razorpay_payment_id as payment_id, currency, amount * %(percent)s / 100 as share
            from public.payment_transactions
            where registration_id = %(id)s and status = 'success' and %(percent)s > 0
            union all
            select a.razorpay_payment_id, a.currency, a.amount
            from public.payment_transactions t
            join public.payment_attempts a on a.payment_transaction_id = t.id and a.status = 'captured'
            where t.registration_id = %(id)s and t.review_reason is not null
                and a.razorpay_payment_id is distinct from t.razorpay_payment_id
        ) p
        cross join lateral private.payment_balance(p.payment_id) b
        cross join lateral (select (b.captured - b.committed - b.deducted)::bigint as amount) rest
        cross join lateral (select least(greatest(p.share, 100), rest.amount)::bigint as amount) share
        cross join lateral (
            select case when rest.amount - share.amount < 100 then rest.amount else share.amount end as amount
        ) due
        where due.amount >= 100
        """,
        {"id": registration_id, "percent": percent},
    ).fetchall()


def close_spent_orders(conn: Connection, registration_ids: list[UUID]) -> None:
    """Close the orders of these registrations that were spent by a payment which is held and goes back."""
    conn.execute(
        """
        update public.payment_transactions set status = 'closed'
        where registration_id = any(%(ids)s) and status in ('initiated', 'failed') and review_reason is not null
        """,
        {"ids": registration_ids},
    )
