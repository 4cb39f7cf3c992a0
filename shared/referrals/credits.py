"""Credits that referrals earned: they pay for courses by themselves, and come back with a registration that ends.

Every function here needs the event's lock; a person's balance is locked after it, since it belongs to no event.
"""

from uuid import UUID

from shared.db import Connection
from shared.referrals import credit_queries as queries

LEAST_ORDER = 100
"""Razorpay takes no less, in minor units (https://razorpay.com/docs/api/orders/create/)."""


def affordable(conn: Connection, user_id: UUID, price: int, currency: str) -> int:
    """How much of a price the user's credit pays, in minor units: all of it, or what leaves enough for an order.

    Until this transaction ends nobody else spends the user's credit.
    """
    balance = queries.lock_balance(conn, user_id, currency)
    return price if balance >= price else max(0, min(balance, price - LEAST_ORDER))


def spend(conn: Connection, registration_id: UUID, user_id: UUID, amount: int, currency: str) -> None:
    """Pay `amount` (minor units, of what `affordable` found) of a new registration."""
    if amount:
        queries.insert_use(conn, registration_id, user_id, amount, currency)


def give_back(conn: Connection, registration_ids: list[UUID], percent: int) -> None:
    """Give registrations that ended their credit back: all of it where no money was paid yet or all of it went back,
    else as much as of the money, in percent."""
    queries.return_credit(conn, registration_ids, percent)


def take_again(conn: Connection, registration_id: UUID, user_id: UUID, currency: str) -> bool:
    """For a registration that comes back to life, spend what it had been given back; false when that is gone."""
    returned = queries.returned_of(conn, registration_id)
    if not returned:
        return True
    if queries.lock_balance(conn, user_id, currency) < returned:
        return False
    queries.keep_again(conn, registration_id)
    return True
