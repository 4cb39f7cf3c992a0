"""What students do: register, pay at Razorpay, tell us; and what the schedules do behind them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from local.razorpay.server import FakeRazorpay
from tests.deployed import Answer, DeployedFunctions


@dataclass(frozen=True)
class Storefront:
    deployed: DeployedFunctions
    razorpay: FakeRazorpay

    def register(self, user: UUID, event: UUID, **more: object) -> Answer:
        body = {"eventId": str(event), **more}
        return self.deployed.request("registrations", "POST", "registrations", user=user, body=body)

    def post(self, user: UUID, registration: object, action: str, body: object = None) -> Answer:
        path = f"registrations/{registration}/{action}"
        return self.deployed.request("registrations", "POST", path, user=user, body=body)

    def get(self, user: UUID, registration: object) -> Answer:
        return self.deployed.request("registrations", "GET", f"registrations/{registration}", user=user)

    def hold_seat(self, **event: object) -> "HeldSeat":
        """A student who has registered for a paid course and has an order to pay."""
        user = self.deployed.profile()
        answer = self.register(user, self.deployed.event(**event))
        assert answer.status == 201, answer
        return HeldSeat(self, user, UUID(answer.body["registration"]["id"]), answer.body["order"]["id"])

    def deliver(self, *events: str) -> list[str]:
        """Hand over the waiting webhooks (of these names, or all); what was answered."""
        taken = [each for each in self.razorpay.take() if not events or each.event in events]
        answers = [
            self.deployed.request("razorpay_webhook", "POST", "razorpay-webhook", headers=each.headers, body=each.body)
            for each in taken
        ]
        assert {answer.status for answer in answers} <= {200}, answers
        return [answer.body["status"] for answer in answers]

    def process_refunds(self) -> dict[str, Any]:
        return self.deployed.invoke("process_refunds", {"source": "schedule"})

    def release_holds(self) -> dict[str, Any]:
        return self.deployed.invoke("release_expired_holds", {"source": "schedule"})

    def refund_calls(self) -> list[str | None]:
        """The idempotency keys of the refund calls Razorpay got."""
        calls = self.razorpay.requests("POST", "/v1/payments/")
        return [call.headers.get("X-Refund-Idempotency") for call in calls if call.path.endswith("/refund")]


@dataclass(frozen=True)
class HeldSeat:
    """A held seat and the order that pays for it."""

    storefront: Storefront
    user: UUID
    id: UUID
    order_id: str

    def verify(self, payment_id: str, **changes: str) -> Answer:
        fields = self.storefront.razorpay.checkout_fields(self.order_id, payment_id)
        return self.storefront.post(self.user, self.id, "verify-payment", fields | changes)

    @property
    def row(self) -> dict[str, Any]:
        return self.storefront.deployed.row(
            """
            select r.status, r.payment_status, t.status as order_status,
                (select count(*) from notifications_queue n where n.template = 'payment_success') as receipts
            from registrations r left join payment_transactions t on t.registration_id = r.id where r.id = %s
            """,
            self.id,
        )

    def expire_hold(self) -> None:
        """Half an hour later."""
        past = datetime.now(UTC) - timedelta(minutes=1)
        self.storefront.deployed.rows("update registrations set hold_expires_at = %s where id = %s", past, self.id)


PAID = {"status": "confirmed", "payment_status": "completed", "order_status": "success", "receipts": 2}
UNPAID = {"status": "pending", "payment_status": "pending", "order_status": "initiated", "receipts": 0}
