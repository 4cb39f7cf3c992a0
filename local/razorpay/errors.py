"""Razorpay's error answers, word for word where a real answer is known.

An error body carries `source`, `step`, `reason` as words, as "NA", or not at all, depending on which part of
Razorpay answers; the three constructors below stand for these three parts.
"""

from local.razorpay.entities import PAYMENT_FAILED, Entity

ORDER_PAID = (
    "Your payment has been declined as the order is already paid. Please initiate the payment with a new order."
)
ALREADY_CAPTURED = "This payment has already been captured"
NOT_CAPTURED = "The payment status should be captured for action to be taken"
FULLY_REFUNDED = "The payment has been fully refunded already"
REFUND_TOO_LARGE = "The refund amount provided is greater than amount captured"
CAPTURE_MISMATCH = "Capture amount must be equal to the amount authorized"
TOO_OLD_TO_REFUND = "Refund is not supported by the bank because the payment is more than 6 months old"
KEY_REUSED = "Different request with the same idempotency key has already been processed."
KEY_IN_PROGRESS = "Another request with the same idempotency key is still in progress."
UNKNOWN_ID = "The id provided does not exist"
UNKNOWN_URL = "The requested URL was not found on the server."

NO_ROUTE: Entity = {"message": "no Route matched with those values"}
RATE_LIMITED: Entity = {"error": {"code": "BAD_REQUEST_ERROR", "description": "Too many requests"}}
COOLING_DOWN: Entity = {
    "error": {
        "code": "BAD_REQUEST_ERROR",
        "description": "Request failed. Please try after sometime.",
        "source": "business",
        "step": "NA",
        "reason": "NA",
        "metadata": {},
    }
}
SERVER_ERROR: Entity = {
    "error": {
        "code": "SERVER_ERROR",
        "description": "We are facing some trouble completing your request at the moment. Please try again shortly.",
    }
}
BAD_GATEWAY_PAGE = (
    "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n"
    "<center><h1>502 Bad Gateway</h1></center>\n</body>\n</html>\n"
)


class RazorpayError(Exception):
    """A request Razorpay refuses; `body` is the JSON it answers with `status`."""

    def __init__(self, status: int, body: Entity) -> None:
        super().__init__(status, body)
        self.status: int = status
        self.body: Entity = body


def invalid(description: str, field: str | None = None) -> RazorpayError:
    """400: the request itself is wrong."""
    error: Entity = {
        "code": "BAD_REQUEST_ERROR",
        "description": description,
        "source": "business",
        "step": "payment_initiation",
        "reason": "input_validation_failed",
        "metadata": {},
    }
    return RazorpayError(400, {"error": error | ({"field": field} if field else {})})


def refused(description: str, status: int = 400) -> RazorpayError:
    """400 or 409: the request is well-formed, but the state of the payment or the order forbids it."""
    unknown = dict.fromkeys(("source", "step", "reason"), "NA")
    error: Entity = {"code": "BAD_REQUEST_ERROR", "description": description, **unknown, "metadata": {}}
    return RazorpayError(status, {"error": error})


def plain(description: str, status: int = 400) -> RazorpayError:
    """Code and description alone, as older parts of the API answer."""
    return RazorpayError(status, {"error": {"code": "BAD_REQUEST_ERROR", "description": description}})


def payment_failed(payment_id: str, order_id: str) -> Entity:
    """The error object Checkout shows a student whose payment failed."""
    code, description, source, step, reason = PAYMENT_FAILED
    return {
        "code": code,
        "description": description,
        "source": source,
        "step": step,
        "reason": reason,
        "metadata": {"payment_id": payment_id, "order_id": order_id},
    }
