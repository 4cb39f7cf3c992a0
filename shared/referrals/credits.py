"""Referral credits: spent automatically on a registration, and returned when it ends.

The caller holds the event's lock. The balance belongs to no event, so it is locked after the event.
"""

from uuid import UUID

from shared.db import Connection
from shared.referrals import credit_queries as queries

MIN_ORDER_AMOUNT = 100
"""Razorpay's smallest order, in minor units (https://razorpay.com/docs/api/orders/create/)."""


def spendable(conn: Connection, user_id: UUID, price: int, currency: str) -> int:
    """The part of a price that the user's credit pays, in minor units: the whole price, or an amount that leaves at
    least MIN_ORDER_AMOUNT to pay.

    The balance stays locked until the transaction ends.
    """
    balance = queries.lock_balance(conn, user_id, currency)
    return price if balance >= price else max(0, min(balance, price - MIN_ORDER_AMOUNT))


def spend(conn: Connection, registration_id: UUID, user_id: UUID, amount: int, currency: str) -> None:
    """Spend `amount` (minor units, at most `spendable`) on a new registration."""
    if amount:
        queries.insert_use(conn, registration_id, user_id, amount, currency)


def release(conn: Connection, registration_ids: list[UUID], percent: int) -> None:
    """Return the credit of registrations that ended: all of it where nothing was paid or everything was refunded, else
    the same percentage as of the money."""
    queries.return_credit(conn, registration_ids, percent)


def spend_again(conn: Connection, registration_id: UUID, user_id: UUID, currency: str) -> bool:
    """Spend the returned credit of an expired registration that is confirmed again; false if it is spent elsewhere."""
    returned = queries.find_returned(conn, registration_id)
    if not returned:
        return True
    if queries.lock_balance(conn, user_id, currency) < returned:
        return False
    queries.clear_returned(conn, registration_id)
    return True
