"""Razorpay as the platform uses it: orders, payments, captures and refunds, in minor units."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.config import settings
from shared.log import logger
from shared.payments.errors import GatewayDown, GatewayRefused, GatewayUnreadable
from shared.payments.models import (
    Collection,
    ListedDispute,
    OrderEntity,
    PaymentCollection,
    PaymentEntity,
    RefundCollection,
    RefundEntity,
    SettlementEntity,
    SettlementRow,
    UnixSeconds,
)
from shared.secret_store import secret

if TYPE_CHECKING:
    from shared.payments.sdk import RazorpaySdk


@dataclass(frozen=True)
class ListWindow:
    """The time range of a list request, in unix seconds, both ends included.

    `to` must stay fixed while the pages are read, because new rows at the head of the list would shift them.
    """

    since: UnixSeconds
    to: UnixSeconds

    def page(self, skip: int) -> dict[str, int]:
        return {"from": self.since, "to": self.to, "count": LIST_PAGE_SIZE, "skip": skip}


LIST_PAGE_SIZE = 100
"""The largest page of Razorpay's lists."""
SETTLEMENT_PAGE_SIZE = 1000
"""The largest page of Razorpay's settlement report."""


@dataclass(frozen=True)
class Gateway:
    """The Razorpay API of one account. Every method raises GatewayDown or GatewayRefused."""

    sdk: "RazorpaySdk"
    key_id: str
    key_secret: str

    def create_order(self, *, amount: int, currency: str, receipt: str, notes: dict[str, str]) -> OrderEntity:
        """Open an order. If the answer is lost, the order is unknown to the client and can never be paid.

        A refusal is raised as GatewayDown too, because its cause (wrong keys, a blocked account) is not the payer's.
        """
        body = {
            "amount": amount,
            "currency": currency,
            "receipt": receipt,
            "notes": notes,
            "payment": {"capture": "automatic", "capture_options": {"refund_speed": "normal"}},
        }
        try:
            return _read(OrderEntity, self.sdk.call("order", "create", body))
        except GatewayRefused as refusal:
            raise GatewayDown("The payment provider opens no order now.") from refusal

    def fetch_payment(self, payment_id: str) -> PaymentEntity:
        return _read(PaymentEntity, self.sdk.call("payment", "fetch", payment_id))

    def fetch_order_payments(self, order_id: str) -> list[PaymentEntity]:
        """Every payment attempt of an order. Reads by id are current; Razorpay's lists lag."""
        return _read(PaymentCollection, self.sdk.call("order", "payments", order_id)).items

    def fetch_payment_refunds(self, payment_id: str) -> list[RefundEntity]:
        """The refunds of a payment, at most 100."""
        answer = self.sdk.call("payment", "fetch_multiple_refund", payment_id, {"count": LIST_PAGE_SIZE})
        return _read(RefundCollection, answer).items

    def list_payments(self, window: ListWindow, skip: int) -> tuple[int, list[PaymentEntity]]:
        """A page of the payments of a time range, newest first: the size of the page, and its readable entities.

        Payments of the last minutes may be missing, because Razorpay's lists lag.
        """
        return _read_each(PaymentEntity, self.sdk.call("payment", "all", window.page(skip)))

    def list_refunds(self, window: ListWindow, skip: int) -> tuple[int, list[RefundEntity]]:
        return _read_each(RefundEntity, self.sdk.call("refund", "all", window.page(skip)))

    def list_disputes(self, window: ListWindow, skip: int) -> tuple[int, list[ListedDispute]]:
        return _read_each(ListedDispute, self.sdk.call("dispute", "all", window.page(skip)))

    def list_settlements(self, window: ListWindow, skip: int) -> tuple[int, list[SettlementEntity]]:
        return _read_each(SettlementEntity, self.sdk.call("settlement", "all", window.page(skip)))

    def list_settlement_rows(self, day: date, skip: int) -> tuple[int, list[SettlementRow]]:
        """A page of the settlement report of one day in India. Test keys never settle, so theirs is always empty."""
        asked = {"year": day.year, "month": day.month, "day": day.day, "count": SETTLEMENT_PAGE_SIZE, "skip": skip}
        return _read_each(SettlementRow, self.sdk.call("settlement", "report", asked))

    def capture(self, payment: PaymentEntity) -> PaymentEntity:
        """Capture an authorized payment, then read it again: only the payment itself says what happened."""
        try:
            self.sdk.call("payment", "capture", payment.id, payment.amount, {"currency": payment.currency})
        except GatewayRefused as refusal:
            if refusal.status != 400:
                raise
        return self.fetch_payment(payment.id)

    def refund(self, payment_id: str, *, amount: int, refund_id: UUID, key: str) -> RefundEntity:
        """Refund `amount` (minor units). A repeated call with the same idempotency key returns the first refund."""
        body = {"amount": amount, "notes": {"refundId": str(refund_id)}, "receipt": refund_id.hex}
        headers = {"X-Refund-Idempotency": key}
        return _read(RefundEntity, self.sdk.call("payment", "refund", payment_id, body, headers=headers))


def connect(base_url: str, key_id: str, key_secret: str) -> Gateway:
    from shared.payments.sdk import RazorpaySdk  # noqa: PLC0415 - the import costs 150 ms

    return Gateway(RazorpaySdk(base_url, key_id, key_secret), key_id, key_secret)


def gateway() -> Gateway:
    """The configured Razorpay account with its current keys; one client per set of keys."""
    configured = settings()
    keys = secret(configured.razorpay_secret_id)
    return _connect_once(configured.razorpay_base_url, keys["keyId"], keys["keySecret"])


_connect_once = cache(connect)


def _read[Read: BaseModel](model: type[Read], answer: object) -> Read:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise GatewayUnreadable("The payment provider answers something unknown.") from error


def _read_each[Read: BaseModel](model: type[Read], answer: object) -> tuple[int, list[Read]]:
    """The size of a list and its readable entities. An unreadable entity is logged and does not hide the others."""
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
