"""Razorpay's REST API by its own SDK, with what the SDK lacks: time limits, typed refusals, today's certificates.

Behaviour of the SDK 2.0.1 that this works around: no default timeout, exceptions without status, a CA bundle of 2015,
a mutable default argument in `capture`, ids that are not escaped.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import certifi
import razorpay
import requests
from pydantic import ValidationError
from requests.adapters import HTTPAdapter

from shared.config import settings
from shared.errors import Unavailable
from shared.payments.models import OrderEntity, PaymentEntity, RefundEntity
from shared.secrets import secret

TIMEOUT_SECONDS = (3.0, 7.0)
"""To connect and to wait for bytes; together with two transactions below API Gateway's 30 s."""


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


class _TimeLimited(HTTPAdapter):
    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().send(request, *args, **{**kwargs, "timeout": TIMEOUT_SECONDS})


@dataclass(frozen=True)
class Gateway:
    """One account. Amounts are in minor units. Every method raises GatewayDown or GatewayRefused."""

    client: Any
    key_id: str
    key_secret: str

    def create_order(self, *, amount: int, currency: str, receipt: str, notes: dict[str, str]) -> OrderEntity:
        """Open an order. An order whose answer is lost stays unknown to everybody and can never be paid."""
        body = {
            "amount": amount,
            "currency": currency,
            "receipt": receipt,
            "notes": notes,
            "payment": {"capture": "automatic", "capture_options": {"refund_speed": "normal"}},
        }
        return OrderEntity.model_validate(self._ask(self.client.order.create, body))

    def payment(self, payment_id: str) -> PaymentEntity:
        return PaymentEntity.model_validate(self._ask(self.client.payment.fetch, payment_id))

    def order_payments(self, order_id: str) -> list[PaymentEntity]:
        """Every attempt to pay an order."""
        answer = self._ask(self.client.order.payments, order_id)
        return [PaymentEntity.model_validate(item) for item in answer["items"]]

    def capture(self, payment: PaymentEntity) -> PaymentEntity:
        """Take an authorized payment. Whatever is answered, the payment read again is the truth."""
        try:
            self._ask(self.client.payment.capture, payment.id, payment.amount, {"currency": payment.currency})
        except GatewayRefused as refusal:
            if refusal.status != 400:
                raise
        return self.payment(payment.id)

    def refund(self, payment_id: str, *, amount: int, refund_id: UUID, key: str) -> RefundEntity:
        """Send money back; the key makes a repeated call return the first refund."""
        body = {"amount": amount, "notes": {"refundId": str(refund_id)}, "receipt": refund_id.hex}
        headers = {"X-Refund-Idempotency": key}
        answer = self._ask(self.client.payment.refund, payment_id, body, headers=headers)
        return RefundEntity.model_validate(answer)

    @staticmethod
    def _ask(method: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except (requests.RequestException, ValidationError) as error:
            raise GatewayDown("The payment provider cannot answer now.") from error


def connect(base_url: str, key_id: str, key_secret: str) -> Gateway:
    session = requests.Session()
    session.mount("https://", _TimeLimited())
    session.mount("http://", _TimeLimited())
    session.hooks["response"] = [_raise_refusal]
    client: Any = razorpay.Client(session=session, auth=(key_id, key_secret), base_url=base_url)
    client.cert_path = certifi.where()
    return Gateway(client, key_id, key_secret)


def _raise_refusal(response: requests.Response, *_: Any, **__: Any) -> requests.Response:
    if response.ok:
        return response
    if response.status_code == 429 or response.status_code >= 500:
        wait = response.headers.get("Retry-After", "")
        raise GatewayDown(
            "The payment provider cannot answer now.", retry_after_seconds=int(wait) if wait.isdigit() else 30
        )
    try:
        error = response.json().get("error") or {}
    except requests.JSONDecodeError as broken:
        raise GatewayDown("The payment provider cannot answer now.") from broken
    raise GatewayRefused(response.status_code, error.get("reason"), str(error.get("description", "")))


@cache
def _gateway(base_url: str, key_id: str, key_secret: str) -> Gateway:
    return connect(base_url, key_id, key_secret)


def gateway() -> Gateway:
    """The account this function is configured for, with today's keys."""
    configured = settings()
    keys = secret(configured.razorpay_secret_id)
    return _gateway(configured.razorpay_base_url, keys["keyId"], keys["keySecret"])
