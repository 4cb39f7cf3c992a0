"""Issuing what is due, a page a transaction: safe to stop, to repeat and to run twice at once."""

from collections.abc import Callable
from datetime import datetime

from shared import db
from shared.actors import SERVICE
from shared.config import settings
from shared.receipts import service as receipts


def run(now: datetime, has_time: Callable[[], bool]) -> int:
    """Issue while there is something due and time; how many receipts and credit notes."""
    total = 0
    while has_time():
        with db.transaction(SERVICE) as conn:
            issued = receipts.issue(conn, receipts.supplier(), settings().tax_basis_points, now)
        total += issued
        if issued < receipts.PAGE:
            break
    return total
