"""Payments: authorised, captured, failed, and authorised late after having failed."""

from typing import Literal

from local.razorpay import errors, orders, refunds
from local.razorpay.entities import NO_ERROR, Entity, fee_and_tax, payment_entity
from local.razorpay.gateway_account import GatewayAccount

type Method = Literal["upi", "card", "netbanking", "wallet"]


def attempt(
    books: GatewayAccount,
    order: Entity,
    status: Literal["authorized", "failed"],
    *,
    amount: int | None = None,
    method: Method = "upi",
    email: str | None = None,
    contact: str | None = None,
) -> Entity:
    """A student's attempt to pay an order; `amount` in paise differs from the order's only in tests."""
    order = orders.count_attempt(books, order)
    payment = payment_entity(
        id=books.fresh_id("pay", "payment"),
        order_id=order["id"],
        amount=order["amount"] if amount is None else amount,
        currency=order["currency"],
        status=status,
        method=method,
        notes=order["notes"] or None,
        created_at=books.now(),
    )
    payment |= {key: value for key, value in (("email", email), ("contact", contact)) if value}
    books.save("payment", payment, order["id"])
    books.emit(f"payment.{status}", payment=payment)
    return payment


def recover(books: GatewayAccount, payment: Entity) -> Entity:
    """The bank says yes after all: the same payment id moves from failed to authorised."""
    if payment["status"] != "failed":
        raise errors.refused("Only a failed payment can be authorised late")
    payment = books.save("payment", payment | NO_ERROR | {"status": "authorized"}, payment["order_id"])
    books.emit("payment.authorized", payment=payment)
    return payment


def capture(books: GatewayAccount, payment: Entity) -> Entity:
    """Takes the authorised money and marks the order paid; events payment.captured and order.paid."""
    fee, tax = fee_and_tax(payment["amount"])
    changes: Entity = {"status": "captured", "captured": True, "fee": fee, "tax": tax}
    payment = books.save("payment", payment | changes, payment["order_id"])
    before = books.require("order", payment["order_id"])
    order = orders.receive_money(books, before, payment["amount"])
    books.emit("payment.captured", payment=payment)
    if order["status"] == "paid" != before["status"]:
        books.emit("order.paid", payment=payment, order=order)
    return payment


def capture_on_request(books: GatewayAccount, payment: Entity, amount: int, currency: str) -> Entity:
    """POST /payments/:id/capture with its checks; the amount must be the authorised one."""
    if payment["captured"]:
        raise errors.plain(errors.ALREADY_CAPTURED)
    if payment["status"] != "authorized":
        raise errors.plain("Only payments which have been authorized and not yet captured can be captured")
    if (amount, currency) != (payment["amount"], payment["currency"]):
        raise errors.refused(errors.CAPTURE_MISMATCH)
    if books.require("order", payment["order_id"])["status"] == "paid":
        raise errors.refused(errors.ORDER_PAID)
    return capture(books, payment)


def finish_authorisation(books: GatewayAccount, payment: Entity, *, force: bool = False) -> Entity:
    """What follows an authorisation: capture, waiting for a capture, or (late, order paid) the money back."""
    order = books.require("order", payment["order_id"])
    if order["status"] == "paid" and not force:
        return refunds.return_uncaptured(books, payment)
    return capture(books, payment) if orders.captures_automatically(books, order) else payment


def pay(
    books: GatewayAccount,
    order_id: str,
    *,
    amount: int | None = None,
    method: Method = "upi",
    capture_now: bool | None = None,
    force: bool = False,
    email: str | None = None,
    contact: str | None = None,
) -> Entity:
    """A successful payment: authorised, then captured unless the order, the account or `capture_now` say no.

    `force` pays an order that is paid already, which the real service nearly always prevents.
    """
    order = books.require("order", order_id)
    if not force:
        orders.refuse_second_payment(books, order)
    payment = attempt(books, order, "authorized", amount=amount, method=method, email=email, contact=contact)
    if capture_now is None:
        return finish_authorisation(books, payment, force=force)
    return capture(books, payment) if capture_now else payment


def fail(books: GatewayAccount, order_id: str, *, method: Method = "upi") -> Entity:
    """A payment the bank refuses; the order stays open."""
    order = books.require("order", order_id)
    orders.refuse_second_payment(books, order)
    return attempt(books, order, "failed", method=method)


def authorise_late(books: GatewayAccount, order_id: str, *, force: bool = False) -> Entity:
    """The order's last failed payment succeeds after all; without one, a payment fails first.

    On an order paid meanwhile the money goes back at once; with `force` it is captured a second time.
    """
    failed = [each for each in books.store.under("payment", order_id) if each["status"] == "failed"]
    payment = recover(books, failed[-1] if failed else fail(books, order_id))
    return finish_authorisation(books, payment, force=force)
