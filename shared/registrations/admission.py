"""Admission by registration: to live sessions, recordings and feedback."""

from shared.errors import AppError, Forbidden


class NotRegistered(AppError):
    """No registration that admits the caller: unknown, another user's, of another event, or cancelled."""

    status = 404
    code = "not_registered"

    def __init__(self) -> None:
        super().__init__("You have no seat in this event.")


def admit(status: str, payment_status: str) -> None:
    """Admit a confirmed seat that is paid or free; raises NotRegistered and Forbidden (`payment_incomplete`)."""
    if status == "pending" or (status == "confirmed" and payment_status not in ("completed", "free")):
        raise Forbidden("The payment is not complete.", code="payment_incomplete")
    if status != "confirmed":
        raise NotRegistered
