"""Refunds of captured payments: pending, then processed or failed."""

from typing import Literal

from local.razorpay import errors
from local.razorpay.entities import Entity, refund_entity
from local.razorpay.gateway_account import GatewayAccount

_SIX_MONTHS = 183 * 86_400


def open_refund(books: GatewayAccount, payment: Entity, fields: Entity) -> Entity:
    """A refund of `amount` paise, or of all that is left; its later states follow the account's setting."""
    amount = _refundable(books, payment, fields.get("amount"))
    outcome = books.settings.refund_outcome
    refund = refund_entity(
        id=books.fresh_id("rfnd", "refund"),
        payment_id=payment["id"],
        amount=amount,
        currency=payment["currency"],
        # The live API says "processed" at once, before any bank has confirmed.
        status="processed" if outcome == "processed" else "pending",
        receipt=fields.get("receipt"),
        notes=fields.get("notes"),
        speed=fields.get("speed", "normal"),
        created_at=books.now(),
    )
    books.save("refund", refund, payment["id"])
    payment = _refunded_by(books, payment, amount)
    books.emit("refund.created", refund=refund, payment=payment)
    if outcome == "processed":
        books.emit("refund.processed", refund=refund, payment=payment)
    return finish(books, refund, "failed") if outcome == "failed" else refund


def _refundable(books: GatewayAccount, payment: Entity, amount: int | None) -> int:
    left = payment["amount"] - payment["amount_refunded"]
    if payment["status"] == "refunded" or (payment["captured"] and not left):
        raise errors.refused(errors.FULLY_REFUNDED)
    if payment["status"] != "captured":
        raise errors.plain(errors.NOT_CAPTURED)
    if (amount or 0) > left:
        raise errors.refused(errors.REFUND_TOO_LARGE)
    if books.now() - payment["created_at"] > _SIX_MONTHS:
        raise errors.refused(errors.TOO_OLD_TO_REFUND)
    return left if amount is None else amount


def _refunded_by(books: GatewayAccount, payment: Entity, amount: int) -> Entity:
    refunded = payment["amount_refunded"] + amount
    extent = "full" if refunded == payment["amount"] else "partial" if refunded else None
    changes = {
        "amount_refunded": refunded,
        "refund_status": extent,
        "status": "refunded" if extent == "full" else "captured",
    }
    return books.save("payment", payment | changes, payment["order_id"])


def finish(books: GatewayAccount, refund: Entity, status: Literal["processed", "failed"]) -> Entity:
    """Ends a pending refund. A failed one gives its amount back to the payment (undocumented; presumed)."""
    if refund["status"] != "pending":
        raise errors.refused("Only a pending refund can be finished")
    payment = books.require("payment", refund["payment_id"])
    refund = books.save("refund", refund | {"status": status}, payment["id"])
    if status == "failed":
        payment = _refunded_by(books, payment, -refund["amount"])
    books.emit(f"refund.{status}", refund=refund, payment=payment)
    return refund


def return_uncaptured(books: GatewayAccount, payment: Entity) -> Entity:
    """Razorpay gives authorised money back by itself: never captured, or its order was paid meanwhile."""
    if payment["status"] != "authorized":
        raise errors.plain("Only an authorised payment is returned by itself")
    changes = {"status": "refunded", "refund_status": "full", "amount_refunded": payment["amount"]}
    payment = books.save("payment", payment | changes, payment["order_id"])
    refund = refund_entity(
        id=books.fresh_id("rfnd", "refund"),
        payment_id=payment["id"],
        amount=payment["amount"],
        currency=payment["currency"],
        created_at=books.now(),
        # Money that was never captured is in no settlement, neither coming nor going.
        _settlement="none",
    )
    books.save("refund", refund, payment["id"])
    books.emit("refund.created", refund=refund, payment=payment)
    books.emit("refund.processed", refund=refund, payment=payment)
    return payment
