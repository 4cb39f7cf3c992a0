"""Issues due receipts, one page per transaction; it can stop, be repeated and run concurrently."""

from collections.abc import Callable
from datetime import datetime

from shared import db
from shared.actors import SERVICE
from shared.config import settings
from shared.receipts import service as receipts


def issue_all_due(now: datetime, has_time: Callable[[], bool]) -> int:
    """Issue due documents while there is time; returns the number of receipts and credit notes."""
    total = 0
    while has_time():
        with db.transaction(SERVICE) as conn:
            issued = receipts.issue_due(conn, receipts.configured_supplier(), settings().tax_basis_points, now)
        total += issued
        if issued < receipts.PAGE:
            break
    return total
