"""Disputes (chargebacks) over captured payments."""

from typing import Literal

from local.razorpay import errors
from local.razorpay.entities import Entity, dispute_entity
from local.razorpay.gateway_account import GatewayAccount

type Outcome = Literal["won", "lost", "closed", "under_review", "action_required"]


def open_dispute(books: GatewayAccount, payment: Entity, amount: int | None = None) -> Entity:
    """The bank takes `amount` paise (all by default) into question."""
    if not payment["captured"]:
        raise errors.plain(errors.NOT_CAPTURED)
    dispute = dispute_entity(
        id=books.fresh_id("disp", "dispute"),
        payment_id=payment["id"],
        amount=payment["amount"] if amount is None else amount,
        currency=payment["currency"],
        created_at=books.now(),
    )
    books.save("dispute", dispute, payment["id"])
    books.emit("payment.dispute.created", payment=payment, dispute=dispute)
    return dispute


def move_dispute(books: GatewayAccount, dispute: Entity, outcome: Outcome) -> Entity:
    """Moves an open dispute on; a lost one has its amount deducted from the next settlement."""
    if dispute["status"] in ("won", "lost", "closed"):
        raise errors.refused("The dispute is closed already")
    # "Action required" asks for evidence, and leaves the dispute open.
    status = "open" if outcome == "action_required" else outcome
    deducted = dispute["amount"] if outcome == "lost" else 0
    dispute = books.save("dispute", dispute | {"status": status, "amount_deducted": deducted}, dispute["payment_id"])
    payment = books.require("payment", dispute["payment_id"])
    books.emit(f"payment.dispute.{outcome}", payment=payment, dispute=dispute)
    return dispute
