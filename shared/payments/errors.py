"""How a call to Razorpay fails: it gave no usable answer, refused our key, or refused the request."""

from shared.errors import Unavailable


class GatewayDown(Unavailable):
    """Razorpay is unreachable, limits our requests or sends an unreadable answer. Whether it did the work is unknown.

    `is_limit` is true for a rate limit (HTTP 429). `wait_seconds` is the value of Retry-After, if there was one.
    """

    code = "payment_provider_unavailable"

    def __init__(self, detail: str, *, wait_seconds: int | None = None, is_limit: bool = False) -> None:
        super().__init__(detail, retry_after_seconds=wait_seconds or 30)
        self.wait_seconds = wait_seconds
        self.is_limit = is_limit


class GatewayKeyRefused(GatewayDown):
    """Razorpay does not accept our API key: the key or the account is wrong, never the payer. Nothing was done."""

    def __init__(self) -> None:
        super().__init__("The payment provider cannot be used now.")


class GatewayUnreadable(GatewayDown):
    """Razorpay answers with something that we do not understand, such as a new status. Other requests may succeed."""


class GatewayRefused(Exception):
    """Razorpay answered with an error status other than 401, 429 and 5xx: it did nothing."""

    def __init__(self, status: int, reason: str | None, description: str) -> None:
        super().__init__(f"Razorpay answered {status}")
        self.status = status
        self.reason = reason
        self.description = description[:500]
