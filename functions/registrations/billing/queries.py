"""The statements of billing details."""

from uuid import UUID

from psycopg.rows import class_row

from functions.registrations.billing.models import BillingDetails
from shared.db import Connection


def find_details(conn: Connection, user_id: UUID) -> BillingDetails | None:
    return (
        conn.cursor(row_factory=class_row(BillingDetails))
        .execute(
            """
            select billing_name as name, billing_address as address, billing_state as state, billing_gstin as gstin
            from public.profiles where id = %(user)s
            """,
            {"user": user_id},
        )
        .fetchone()
    )


def set_details(conn: Connection, user_id: UUID, details: BillingDetails) -> BillingDetails | None:
    """What is kept now, null without a profile; the state is the one of the GSTIN."""
    return (
        conn.cursor(row_factory=class_row(BillingDetails))
        .execute(
            """
            update public.profiles
            set billing_name = %(name)s, billing_address = %(address)s, billing_gstin = %(gstin)s,
                billing_state = coalesce(left(%(gstin)s::text, 2), %(state)s)
            where id = %(user)s and erased_at is null
            returning billing_name as name, billing_address as address, billing_state as state, billing_gstin as gstin
            """,
            {**details.model_dump(), "user": user_id},
        )
        .fetchone()
    )
