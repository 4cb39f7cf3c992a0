"""Razorpay as the platform uses it: orders, payments, captures and refunds, in minor units."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.config import settings
from shared.errors import Unavailable
from shared.payments.models import OrderEntity, PaymentCollection, PaymentEntity, RefundEntity
from shared.secrets import secret

if TYPE_CHECKING:
    from shared.payments.sdk import Sdk


class GatewayDown(Unavailable):
    """Razorpay cannot be reached, is over its limits or answers nonsense; nothing is known about what it did."""

    code = "payment_provider_unavailable"


class GatewayRefused(Exception):
    """Razorpay understood the request and said no."""

    def __init__(self, status: int, reason: str | None, description: str) -> None:
        super().__init__(f"Razorpay answered {status}")
        self.status = status
        self.reason = reason
        self.description = description[:500]


@dataclass(frozen=True)
class Gateway:
    """One account. Every method raises GatewayDown or GatewayRefused."""

    sdk: "Sdk"
    key_id: str
    key_secret: str

    def create_order(self, *, amount: int, currency: str, receipt: str, notes: dict[str, str]) -> OrderEntity:
        """Open an order. One whose answer is lost stays unknown to everybody and can never be paid.

        A refusal is no fault of the payer's (wrong keys, a blocked account), so it too is GatewayDown.
        """
        body = {
            "amount": amount,
            "currency": currency,
            "receipt": receipt,
            "notes": notes,
            "payment": {"capture": "automatic", "capture_options": {"refund_speed": "normal"}},
        }
        try:
            return _read(OrderEntity, self.sdk.ask("order", "create", body))
        except GatewayRefused as refusal:
            raise GatewayDown("The payment provider opens no order now.") from refusal

    def payment(self, payment_id: str) -> PaymentEntity:
        return _read(PaymentEntity, self.sdk.ask("payment", "fetch", payment_id))

    def order_payments(self, order_id: str) -> list[PaymentEntity]:
        """Every attempt to pay an order, by the order's id: Razorpay's lists lag, reads by id do not."""
        return _read(PaymentCollection, self.sdk.ask("order", "payments", order_id)).items

    def capture(self, payment: PaymentEntity) -> PaymentEntity:
        """Take an authorized payment. Whatever is answered, the payment read again is the truth."""
        try:
            self.sdk.ask("payment", "capture", payment.id, payment.amount, {"currency": payment.currency})
        except GatewayRefused as refusal:
            if refusal.status != 400:
                raise
        return self.payment(payment.id)

    def refund(self, payment_id: str, *, amount: int, refund_id: UUID, key: str) -> RefundEntity:
        """Send money back; the key makes a repeated call return the first refund."""
        body = {"amount": amount, "notes": {"refundId": str(refund_id)}, "receipt": refund_id.hex}
        headers = {"X-Refund-Idempotency": key}
        return _read(RefundEntity, self.sdk.ask("payment", "refund", payment_id, body, headers=headers))


def connect(base_url: str, key_id: str, key_secret: str) -> Gateway:
    from shared.payments.sdk import Sdk  # noqa: PLC0415 - see there

    return Gateway(Sdk(base_url, key_id, key_secret), key_id, key_secret)


def gateway() -> Gateway:
    """The account this function is configured for, with today's keys."""
    configured = settings()
    keys = secret(configured.razorpay_secret_id)
    return _kept(configured.razorpay_base_url, keys["keyId"], keys["keySecret"])


_kept = cache(connect)


def _read[Read: BaseModel](model: type[Read], answer: object) -> Read:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise GatewayDown("The payment provider answers something unknown.") from error
