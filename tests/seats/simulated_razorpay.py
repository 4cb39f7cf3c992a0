"""Razorpay simulated in memory: orders, payments and refunds, called by the SDK's names, with undelivered webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Literal

from shared.payments.errors import GatewayDown, GatewayRefused
from shared.payments.gateway import Gateway
from shared.payments.models import ListedDispute, PaymentEntity, RefundEntity

type Snapshot = PaymentEntity | RefundEntity | ListedDispute
EPOCH = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())


@dataclass
class Order:
    id: str
    amount: int
    currency: str
    payments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass
class SimulatedRazorpay:
    """`webhooks` are the undelivered webhooks: an order id with a snapshot of a payment, refund or dispute.

    Orders in `unreadable` are answered with a payment in a status that nobody knows.
    """

    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    webhooks: list[tuple[str, Snapshot]] = field(default_factory=list[tuple[str, Snapshot]])
    unreadable: set[str] = field(default_factory=set[str])
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

    def pay(
        self,
        order_id: str,
        status: Literal["created", "failed", "authorized", "captured"],
        *,
        more: int = 0,
        now: datetime | None = None,
    ) -> dict[str, Any]:
        """`more` minor units than the order's amount; a payment under way is not reported."""
        order = self.orders[order_id]
        payment: dict[str, Any] = {
            "id": self._new_id("pay"),
            "order_id": order_id,
            "amount": order.amount + more,
            "currency": order.currency,
            "status": status,
            "created_at": int(now.timestamp()) if now else EPOCH,
        }
        order.payments.append(payment)
        if status != "created":
            self._tell(payment)
        return payment

    def finish(self, payment: dict[str, Any], status: Literal["failed", "captured"]) -> None:
        """The bank answers about a payment under way."""
        payment["status"] = status
        self._tell(payment)

    def capture(self, payment: dict[str, Any]) -> None:
        payment["status"] = "captured"
        self._tell(payment)

    def complete_refunds(self) -> None:
        """Mark every pending refund as processed."""
        for refund in self.refunds.values():
            if refund["status"] == "pending":
                refund["status"] = "processed"
                self.webhooks.append((refund["order_id"], RefundEntity.model_validate(refund)))

    def fail_refund(self, refund: dict[str, Any]) -> None:
        """The bank cannot complete a refund, even if it was called processed."""
        refund["status"] = "failed"
        self.webhooks.append((refund["order_id"], RefundEntity.model_validate(refund)))

    def refund_in_dashboard(self, payment: dict[str, Any], amount: int) -> None:
        key = self._new_id("key")
        self._payment_refund(payment["id"], {"amount": amount, "notes": []}, {"X-Refund-Idempotency": key})
        self.refunds[key]["status"] = "processed"
        self.webhooks.append((payment["order_id"], RefundEntity.model_validate(self.refunds[key])))

    def open_dispute(self, payment: dict[str, Any], amount: int) -> None:
        dispute: dict[str, Any] = {
            "id": self._new_id("disp"),
            "payment_id": payment["id"],
            "order_id": payment["order_id"],
            "amount": amount,
            "amount_deducted": 0,
            "currency": payment["currency"],
            "status": "open",
            "created_at": EPOCH,
        }
        self.disputes[dispute["id"]] = dispute
        self._tell_dispute(dispute)

    def decide_dispute(self, dispute: dict[str, Any], outcome: Literal["won", "lost"]) -> None:
        dispute["status"], dispute["amount_deducted"] = outcome, dispute["amount"] if outcome == "lost" else 0
        self._tell_dispute(dispute)

    def open_disputes(self) -> list[dict[str, Any]]:
        return [dispute for dispute in self.disputes.values() if dispute["status"] == "open"]

    def taken(self, payment_id: str) -> int:
        """What the bank has taken back or may take back of a payment."""
        return sum(
            dispute["amount"]
            for dispute in self.disputes.values()
            if dispute["payment_id"] == payment_id and dispute["status"] != "won"
        )

    def payments(self, *statuses: str) -> list[dict[str, Any]]:
        return [paid for order in self.orders.values() for paid in order.payments if paid["status"] in statuses]

    def refunded(self, payment_id: str) -> int:
        return sum(
            refund["amount"]
            for refund in self.refunds.values()
            if refund["payment_id"] == payment_id and refund["status"] != "failed"
        )

    def _tell(self, payment: dict[str, Any]) -> None:
        self.webhooks.append((payment["order_id"], PaymentEntity.model_validate(payment)))

    def _tell_dispute(self, dispute: dict[str, Any]) -> None:
        self.webhooks.append((dispute["order_id"], ListedDispute.model_validate(dispute)))

    def _order_create(self, body: dict[str, Any], _: object) -> dict[str, Any]:
        order = Order(self._new_id("order"), body["amount"], body["currency"])
        self.orders[order.id] = order
        return {"id": order.id, "amount": order.amount, "currency": order.currency, "status": "created"}

    def _order_payments(self, order_id: str, _: object) -> dict[str, Any]:
        if order_id not in self.orders:
            raise GatewayRefused(400, None, "The id provided does not exist")
        items = [dict(payment) for payment in self.orders[order_id].payments]
        if order_id in self.unreadable:
            items.append({**(items[0] if items else {}), "status": "under_observation"})
        return {"items": items}

    def _payment_fetch_multiple_refund(self, payment_id: str, _: object, __: object) -> dict[str, Any]:
        return {"items": [dict(refund) for refund in self.refunds.values() if refund["payment_id"] == payment_id]}

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
