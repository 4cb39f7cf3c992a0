"""Whom a registration lets in: to live sessions, to recordings, to giving feedback."""

from shared.errors import AppError, Forbidden


class NotRegistered(AppError):
    """Unknown, somebody else's, of another course, cancelled: all the same to the caller."""

    status = 404
    code = "not_registered"

    def __init__(self) -> None:
        super().__init__("You have no seat in this event.")


def admit(status: str, payment_status: str) -> None:
    """Only a confirmed seat that is paid or free; raises NotRegistered and Forbidden (`payment_incomplete`)."""
    if status == "pending" or (status == "confirmed" and payment_status not in ("completed", "free")):
        raise Forbidden("The payment is not complete.", code="payment_incomplete")
    if status != "confirmed":
        raise NotRegistered
