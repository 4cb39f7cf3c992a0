"""Razorpay simulated in memory: orders, payments and refunds, called by the SDK's names, with undelivered webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal

from shared.payments.errors import GatewayDown, GatewayRefused
from shared.payments.gateway import Gateway
from shared.payments.models import PaymentEntity, RefundEntity

EPOCH = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())


@dataclass
class Order:
    id: str
    amount: int
    currency: str
    payments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass
class SimulatedRazorpay:
    """`webhooks` are the undelivered webhooks: an order id with a snapshot of a payment or refund."""

    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    webhooks: list[tuple[str, PaymentEntity | RefundEntity]] = field(
        default_factory=list[tuple[str, PaymentEntity | RefundEntity]]
    )
    is_down: bool = False
    _serial: Iterator[int] = field(default_factory=count)

    def gateway(self) -> Gateway:
        return Gateway(self, "rzp_test_bank", "secret")  # pyright: ignore[reportArgumentType] - the part of the SDK that is used

    def call(self, resource: str, method: str, *args: Any, headers: dict[str, str] | None = None) -> Any:
        if self.is_down:
            raise GatewayDown("Razorpay is unreachable.")
        return getattr(self, f"_{resource}_{method}")(*args, headers or {})

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._serial):014}"

    def pay(self, order_id: str, status: Literal["failed", "authorized", "captured"]) -> dict[str, Any]:
        order = self.orders[order_id]
        payment: dict[str, Any] = {
            "id": self._new_id("pay"),
            "order_id": order_id,
            "amount": order.amount,
            "currency": order.currency,
            "status": status,
            "created_at": EPOCH,
        }
        order.payments.append(payment)
        self._tell(payment)
        return payment

    def capture(self, payment: dict[str, Any]) -> None:
        payment["status"] = "captured"
        self._tell(payment)

    def complete_refunds(self) -> None:
        """Mark every pending refund as processed."""
        for refund in self.refunds.values():
            if refund["status"] == "pending":
                refund["status"] = "processed"
                self.webhooks.append((refund["order_id"], RefundEntity.model_validate(refund)))

    def payments(self, *statuses: str) -> list[dict[str, Any]]:
        return [paid for order in self.orders.values() for paid in order.payments if paid["status"] in statuses]

    def refunded(self, payment_id: str) -> int:
        return sum(refund["amount"] for refund in self.refunds.values() if refund["payment_id"] == payment_id)

    def _tell(self, payment: dict[str, Any]) -> None:
        self.webhooks.append((payment["order_id"], PaymentEntity.model_validate(payment)))

    def _order_create(self, body: dict[str, Any], _: object) -> dict[str, Any]:
        order = Order(self._new_id("order"), body["amount"], body["currency"])
        self.orders[order.id] = order
        return {"id": order.id, "amount": order.amount, "currency": order.currency, "status": "created"}

    def _order_payments(self, order_id: str, _: object) -> dict[str, Any]:
        if order_id not in self.orders:
            raise GatewayRefused(400, None, "The id provided does not exist")
        return {"items": [dict(payment) for payment in self.orders[order_id].payments]}

    def _payment_refund(self, payment_id: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        key = headers["X-Refund-Idempotency"]
        if key not in self.refunds:
            (payment,) = [paid for paid in self.payments("captured") if paid["id"] == payment_id]
            if self.refunded(payment_id) + body["amount"] > payment["amount"]:
                raise GatewayRefused(400, None, "The refund amount provided is greater than amount captured")
            self.refunds[key] = {
                "id": self._new_id("rfnd"),
                "payment_id": payment_id,
                "order_id": payment["order_id"],
                "amount": body["amount"],
                "currency": payment["currency"],
                "status": "pending",
                "notes": body["notes"],
                "created_at": EPOCH,
            }
        return dict(self.refunds[key])
