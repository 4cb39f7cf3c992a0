"""Knobs for money: what students, banks and Razorpay itself do to orders, payments and refunds."""

from datetime import date
from typing import Literal

from local.razorpay import disputes, orders, payments, refunds, settlements
from local.razorpay.control import EventLoopRunner, knob
from local.razorpay.entities import Entity
from local.razorpay.payloads import checkout_fields
from local.razorpay.store import Kind, public


class PaymentKnobs(EventLoopRunner):
    """All amounts in paise. Raise RazorpayError where the real service would refuse."""

    @knob
    def open_order(
        self, amount: int, currency: str = "INR", receipt: str | None = None, notes: Entity | None = None
    ) -> Entity:
        """An order, as POST /v1/orders makes it."""
        fields = {"amount": amount, "currency": currency, "receipt": receipt, "notes": notes}
        return public(orders.open_order(self.account.books, fields))

    @knob
    def pay(
        self,
        order_id: str,
        *,
        amount: int | None = None,
        method: payments.Method = "upi",
        capture: bool | None = None,
        force: bool = False,
        email: str | None = None,
        contact: str | None = None,
    ) -> Entity:
        """Pays an order; the payment. `amount` may be a wrong one; `capture=False` only authorises, None does
        what order and account say; `force` pays an order that is paid already."""
        return public(
            payments.pay(
                self.account.books,
                order_id,
                amount=amount,
                method=method,
                capture_now=capture,
                force=force,
                email=email,
                contact=contact,
            )
        )

    @knob
    def fail(self, order_id: str, method: payments.Method = "upi") -> Entity:
        """A payment that fails; the payment."""
        return public(payments.fail(self.account.books, order_id, method=method))

    @knob
    def late_authorise(self, order_id: str, force: bool = False) -> Entity:
        """The order's last failed payment (one fails first if none has) is authorised after all, then
        captured, or given back when the order is paid already; with `force` captured even then."""
        return public(payments.authorise_late(self.account.books, order_id, force=force))

    @knob
    def capture(self, payment_id: str) -> Entity:
        """Captures an authorised payment, as the dashboard can."""
        payment = self.account.books.require("payment", payment_id)
        amount, currency = payment["amount"], payment["currency"]
        return public(payments.capture_on_request(self.account.books, payment, amount, currency))

    @knob
    def return_uncaptured(self, payment_id: str) -> Entity:
        """The capture period of an authorised payment ends: Razorpay gives the money back."""
        books = self.account.books
        return public(refunds.return_uncaptured(books, books.require("payment", payment_id)))

    @knob
    def refund(self, payment_id: str, amount: int | None = None) -> Entity:
        """A refund made in the dashboard; of all that is left without an amount."""
        books = self.account.books
        return public(refunds.open_refund(books, books.require("payment", payment_id), {"amount": amount}))

    @knob
    def set_refund_outcome(self, outcome: Literal["processed", "pending", "failed"]) -> None:
        """What becomes of refunds from now on; a pending one waits for `finish_refund`."""
        self.account.settings.refund_outcome = outcome

    @knob
    def finish_refund(self, refund_id: str, status: Literal["processed", "failed"] = "processed") -> Entity:
        """Ends a pending refund."""
        books = self.account.books
        return public(refunds.finish(books, books.require("refund", refund_id), status))

    @knob
    def set_auto_capture(self, on: bool) -> None:
        """The account's capture setting, for orders that do not say; on at first."""
        self.account.settings.auto_capture = on

    @knob
    def open_dispute(self, payment_id: str, amount: int | None = None) -> Entity:
        """A chargeback over a captured payment, in full without an amount."""
        books = self.account.books
        return public(disputes.open_dispute(books, books.require("payment", payment_id), amount))

    @knob
    def move_dispute(self, dispute_id: str, outcome: disputes.Outcome) -> Entity:
        """Wins, loses or closes a dispute, or takes it under review."""
        books = self.account.books
        return public(disputes.move_dispute(books, books.require("dispute", dispute_id), outcome))

    @knob
    def settle(self, day: date | None = None) -> Entity | None:
        """Settles, on a day in India (today), what was created until its end; None if nothing is owed."""
        settlement = settlements.settle(self.account.books, day)
        return public(settlement) if settlement else None

    @knob
    def adjust(
        self, type: Literal["adjustment", "transfer"] = "adjustment", *, credit: int = 0, debit: int = 0, fee: int = 0
    ) -> Entity:
        """Money that the next settlement moves for no payment or refund; the row's id is in the answer."""
        return settlements.adjust(self.account.books, type, credit=credit, debit=debit, fee=fee)

    @knob
    def change_settlement_row(
        self, entity_id: str, *, hidden: bool = False, changes: dict[str, int] | None = None
    ) -> None:
        """What the settlement report says of a payment, refund or adjustment: other amounts, or nothing."""
        settlements.change_row(self.account.books, entity_id, changes or {}, hidden=hidden)

    @knob
    def checkout_fields(self, order_id: str, payment_id: str) -> dict[str, str]:
        """The three signed fields that Checkout hands to the page after this payment."""
        return checkout_fields(self.account.settings.key_secret, order_id, payment_id)

    @knob
    def entities(self, kind: Literal["order", "payment", "refund", "dispute", "settlement"]) -> list[Entity]:
        """All entities of a kind, oldest first, lag or no lag."""
        wanted: Kind = kind
        return [public(entity) for entity in self.account.store.all(wanted)]

    @knob
    def change_entity(self, kind: Literal["order", "payment", "refund"], entity_id: str, changes: Entity) -> None:
        """Razorpay says something else of an entity from now on, and tells nobody."""
        lookups = {"order": None, "payment": "order_id", "refund": "payment_id"}
        entity = self.account.books.require(kind, entity_id) | changes
        lookup = lookups[kind]
        self.account.books.save(kind, entity, entity[lookup] if lookup else None)

    @knob
    def set_list_lag(self, seconds: float) -> None:
        """How long a new entity stays out of lists (GET by id has it at once)."""
        self.account.settings.list_lag = seconds
