"""Razorpay as the platform uses it: orders, payments, captures and refunds, in minor units."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.config import settings
from shared.errors import Unavailable
from shared.log import logger
from shared.payments.models import (
    Collection,
    OrderEntity,
    PaymentCollection,
    PaymentEntity,
    RefundCollection,
    RefundEntity,
    SettlementEntity,
    SettlementRow,
    UnixSeconds,
)
from shared.secrets import secret

if TYPE_CHECKING:
    from shared.payments.sdk import Sdk


class GatewayDown(Unavailable):
    """Razorpay cannot be reached, is over its limits or answers nonsense; nothing is known about what it did.

    `is_limit` says that we ask too often; `wait_seconds` for how long it wants to be left alone, where it said so.
    """

    code = "payment_provider_unavailable"

    def __init__(self, detail: str, *, wait_seconds: int | None = None, is_limit: bool = False) -> None:
        super().__init__(detail, retry_after_seconds=wait_seconds or 30)
        self.wait_seconds = wait_seconds
        self.is_limit = is_limit


class GatewayRefused(Exception):
    """Razorpay understood the request and said no."""

    def __init__(self, status: int, reason: str | None, description: str) -> None:
        super().__init__(f"Razorpay answered {status}")
        self.status = status
        self.reason = reason
        self.description = description[:500]


@dataclass(frozen=True)
class Window:
    """Of a list, in unix seconds, both ends included. `to` must not move while its pages are read: they would too."""

    since: UnixSeconds
    to: UnixSeconds

    def page(self, skip: int) -> dict[str, int]:
        return {"from": self.since, "to": self.to, "count": PAGE, "skip": skip}


PAGE = 100
"""As many of a list as Razorpay gives at once."""
ROWS_PAGE = 1000
"""As many rows of settlements."""


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

    def payment_refunds(self, payment_id: str) -> list[RefundEntity]:
        """The refunds of a payment, at most 100 of them."""
        answer = self.sdk.ask("payment", "fetch_multiple_refund", payment_id, {"count": PAGE})
        return _read(RefundCollection, answer).items

    def list_payments(self, window: Window, skip: int) -> tuple[int, list[PaymentEntity]]:
        """The payments made in a window, the newest first: how many this page has, and those that can be read.

        What was made in the last minutes may be missing: Razorpay's lists lag.
        """
        return _read_each(PaymentEntity, self.sdk.ask("payment", "all", window.page(skip)))

    def list_refunds(self, window: Window, skip: int) -> tuple[int, list[RefundEntity]]:
        return _read_each(RefundEntity, self.sdk.ask("refund", "all", window.page(skip)))

    def list_settlements(self, window: Window, skip: int) -> tuple[int, list[SettlementEntity]]:
        return _read_each(SettlementEntity, self.sdk.ask("settlement", "all", window.page(skip)))

    def settlement_rows(self, day: date, skip: int) -> tuple[int, list[SettlementRow]]:
        """What was settled on a day in India; empty with test keys, with which nothing is ever settled."""
        asked = {"year": day.year, "month": day.month, "day": day.day, "count": ROWS_PAGE, "skip": skip}
        return _read_each(SettlementRow, self.sdk.ask("settlement", "report", asked))

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


def _read_each[Read: BaseModel](model: type[Read], answer: object) -> tuple[int, list[Read]]:
    """The entities of a list; one that cannot be read is written down and must not hide the others."""
    items = _read(Collection, answer).items
    read: list[Read] = []
    for item in items:
        try:
            read.append(model.model_validate(item))
        except ValidationError as error:
            named: Any = item if isinstance(item, dict) else {}
            fields = [".".join(str(part) for part in each["loc"]) for each in error.errors()]
            entity_id = str(named.get("id") or named.get("entity_id"))[:60]
            logger.error("entity_unreadable", entity_id=entity_id, fields=fields)
    return len(items), read
