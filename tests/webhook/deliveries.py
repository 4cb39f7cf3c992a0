"""Deliveries of one order and its expected outcome, which does not depend on their order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from local.razorpay.payloads import new_id, order_entity, payment_entity, refund_entity, webhook_body
from tests.deployed import DeployedFunctions

AMOUNT = 49_900
TIME = 1_794_475_800


@dataclass(frozen=True)
class SignedEvent:
    """One event of Razorpay's; delivering it again sends the same bytes under the same id."""

    name: str
    body: bytes
    event_id: str = field(default_factory=lambda: new_id(""))

    def deliver(self, deployed: DeployedFunctions) -> str:
        """Deliver the event; returns the answered status, and fails on any answer but 200."""
        answer = deployed.webhook(self.body, event_id=self.event_id)
        assert answer.status == 200, (self.name, answer)
        return answer.body["status"]


@dataclass(frozen=True)
class Purchase:
    """One order of one student for one seat, and the payment that pays it."""

    order_id: str
    registration_id: UUID
    payment_id: str = field(default_factory=lambda: new_id("pay"))
    amount: int = AMOUNT

    def payment(self, status: Any, **changes: Any) -> dict[str, Any]:
        ours = {"id": self.payment_id, "order_id": self.order_id, "amount": self.amount, "created_at": TIME}
        given: dict[str, Any] = dict(ours)
        return payment_entity(status=status, **(given | changes))

    def authorized(self, **changes: Any) -> SignedEvent:
        return self._about_payment("payment.authorized", "authorized", changes)

    def failed(self, **changes: Any) -> SignedEvent:
        return self._about_payment("payment.failed", "failed", changes)

    def captured(self, **changes: Any) -> SignedEvent:
        return self._about_payment("payment.captured", "captured", changes)

    def order_paid(self) -> SignedEvent:
        order = order_entity(id=self.order_id, amount=self.amount, status="paid", created_at=TIME)
        body = webhook_body("order.paid", payment=self.payment("captured"), order=order, created_at=TIME + 1)
        return SignedEvent("order.paid", body)

    def refund(
        self, amount: int, event: str = "refund.processed", status: Any = "processed", **changes: Any
    ) -> SignedEvent:
        refund = refund_entity(payment_id=self.payment_id, amount=amount, status=status, created_at=TIME, **changes)
        body = webhook_body(event, payment=self.payment("captured"), refund=refund, created_at=TIME + 2)
        return SignedEvent(f"{event} {amount}", body)

    def _about_payment(self, event: str, status: str, changes: dict[str, Any]) -> SignedEvent:
        at = changes.pop("reported_at", TIME)
        return SignedEvent(event, webhook_body(event, payment=self.payment(status, **changes), created_at=at))


def buy(deployed: DeployedFunctions, event_id: UUID | None = None, **columns: object) -> Purchase:
    """A student with a held seat and an open order."""
    registration = deployed.registration(deployed.profile(), event_id or deployed.event(), **columns)
    return Purchase(deployed.order(registration), registration)


def buy_many(deployed: DeployedFunctions, count: int, **event: object) -> list[Purchase]:
    """This many students, each with a held seat of one event and an open order; `event` as for `Deployed.event`."""
    course = deployed.event(**({"capacity": count} | event))
    rows = deployed.rows(
        """
        with people as (
            insert into profiles (id, email)
            select id, id || '@example.com' from (select gen_random_uuid() as id from generate_series(1, %s)) ids
            returning id
        ), held as (
            insert into registrations (user_id, event_id, status, payment_status, amount, currency, hold_expires_at)
            select id, %s, 'pending', 'pending', %s, 'INR', now() + interval '30 minutes' from people
            returning id, user_id
        )
        insert into payment_transactions (registration_id, user_id, razorpay_order_id, amount, currency)
        select id, user_id, 'order_' || left(md5(id::text), 14), %s, 'INR' from held
        returning razorpay_order_id, registration_id
        """,
        count,
        course,
        AMOUNT,
        AMOUNT,
    )
    return [Purchase(row["razorpay_order_id"], row["registration_id"]) for row in rows]


@dataclass(frozen=True)
class OrderOutcome:
    """The outcome of an order. `refunded` in paise, `receipts` by type, `attempt` is the payment's furthest status."""

    order: str
    paid_by: str | None
    registration: str
    payment: str
    refunded: int
    receipts: int
    attempt: str | None


def expected_outcome(events: Iterable[SignedEvent], purchase: Purchase) -> OrderOutcome:
    """The expected outcome: it depends on the set of events, not on their order or number."""
    names = {event.name for event in events}
    captured = bool(names & {"payment.captured", "order.paid"})
    refunded = sum({int(name.split()[1]) for name in names if name.startswith("refund.")})
    returned = captured and refunded >= purchase.amount
    ranks = {"payment.failed": "failed", "payment.authorized": "authorized"}
    furthest = [rank for name, rank in ranks.items() if name in names]
    return OrderOutcome(
        order="refunded"
        if returned
        else "success"
        if captured
        else "failed"
        if "payment.failed" in names
        else "initiated",
        paid_by=purchase.payment_id if captured else None,
        registration="cancelled" if returned else "confirmed" if captured else "pending",
        payment="refunded"
        if returned
        else "completed"
        if captured
        else "failed"
        if "payment.failed" in names
        else "pending",
        refunded=refunded,
        receipts=2 if captured else 0,
        attempt="captured" if captured else furthest[-1] if furthest else None,
    )


def actual_outcomes(deployed: DeployedFunctions) -> dict[str, OrderOutcome]:
    """The outcome of each order in the database, by its Razorpay id."""
    rows = deployed.rows(
        """
        select t.razorpay_order_id as id, t.status as order, t.razorpay_payment_id as paid_by,
            r.status as registration, r.payment_status as payment,
            coalesce((select sum(f.amount) from refunds f
                where f.payment_transaction_id = t.id and f.status = 'processed'), 0)::bigint as refunded,
            (select count(*) from notifications_queue n where n.template = 'payment_success'
                and n.data ->> 'registrationId' = r.id::text) as receipts,
            (select a.status from payment_attempts a where a.payment_transaction_id = t.id) as attempt
        from payment_transactions t join registrations r on r.id = t.registration_id
        """
    )
    return {row.pop("id"): OrderOutcome(**row) for row in rows}
