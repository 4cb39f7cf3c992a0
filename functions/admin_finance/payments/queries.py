"""The statement of listing payments."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_finance.payments.models import Payment, PaymentFilters
from shared.db import Connection


def list_payments(
    conn: Connection, filters: PaymentFilters, after: tuple[datetime, UUID] | None, limit: int
) -> list[Payment]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Payment))
        .execute(
            """
            select t.id, t.registration_id, t.user_id, p.email, r.event_id, e.title as event_title,
                t.razorpay_order_id, t.razorpay_payment_id, t.status, t.amount,
                (select coalesce(sum(f.amount), 0)::bigint from public.refunds f
                 where f.payment_transaction_id = t.id and f.status in ('requested', 'pending', 'processed')
                ) as refunded_amount,
                t.currency, t.paid_at, t.created_at
            from public.payment_transactions t
            join public.registrations r on r.id = t.registration_id
            join public.events e on e.id = r.event_id
            join public.profiles p on p.id = t.user_id
            where (%(status)s::text is null or t.status = %(status)s)
                and (%(event)s::uuid is null or r.event_id = %(event)s)
                and (%(user)s::uuid is null or t.user_id = %(user)s)
                and (%(after_time)s::timestamptz is null
                    or (t.created_at, t.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by t.created_at desc, t.id desc
            limit %(limit)s
            """,
            {
                "status": filters.status,
                "event": filters.event_id,
                "user": filters.user_id,
                "after_time": after_time,
                "after_id": after_id,
                "limit": limit,
            },
        )
        .fetchall()
    )
