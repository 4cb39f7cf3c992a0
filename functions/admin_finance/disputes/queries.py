"""The statements of listing disputes."""

from dataclasses import asdict
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from functions.admin_finance.disputes.models import Dispute, DisputeFilters, DisputeTotal
from shared.db import Connection

MATCHING_DISPUTES: LiteralString = """
    from public.disputes d
    left join public.payment_transactions t on t.id = d.payment_transaction_id
    left join public.registrations r on r.id = t.registration_id
    left join public.events e on e.id = r.event_id
    where (%(status)s::text is null or d.status = %(status)s)
        and (%(payment_id)s::uuid is null or d.payment_transaction_id = %(payment_id)s)
        and (%(user_id)s::uuid is null or t.user_id = %(user_id)s)
        and (%(event_id)s::uuid is null or r.event_id = %(event_id)s)
        and (%(respond_before)s::timestamptz is null
            or d.status in ('open', 'action_required') and d.respond_by < %(respond_before)s)
"""


def list_disputes(
    conn: Connection, filters: DisputeFilters, after: tuple[datetime, UUID] | None, limit: int
) -> list[Dispute]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Dispute))
        .execute(
            """
            select d.id, d.razorpay_dispute_id, d.razorpay_payment_id, d.payment_transaction_id as payment_id,
                t.registration_id, t.user_id, r.event_id, e.title as event_title, d.amount, d.amount_deducted,
                d.currency, d.phase, d.reason_code, d.status, d.respond_by, d.created_at
            """
            + MATCHING_DISPUTES
            + """
                and (%(after_time)s::timestamptz is null or d.created_at < %(after_time)s
                    or (d.created_at = %(after_time)s and d.id > %(after_id)s::uuid))
            order by d.created_at desc, d.id
            limit %(limit)s
            """,
            {**asdict(filters), "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def total_disputes(conn: Connection, filters: DisputeFilters) -> list[DisputeTotal]:
    return (
        conn.cursor(row_factory=class_row(DisputeTotal))
        .execute(
            """
            select d.status, d.currency, count(*) as disputes, sum(d.amount)::bigint as amount,
                sum(d.amount_deducted)::bigint as amount_deducted
            """
            + MATCHING_DISPUTES
            + "group by d.status, d.currency order by d.status, d.currency",
            asdict(filters),
        )
        .fetchall()
    )
