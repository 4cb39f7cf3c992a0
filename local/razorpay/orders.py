"""Orders: created, then attempted by each payment, paid by a captured one; paid stays paid after a refund."""

from local.razorpay import errors
from local.razorpay.entities import Entity, order_entity
from local.razorpay.gateway_account import GatewayAccount


def open_order(books: GatewayAccount, fields: Entity) -> Entity:
    """A new order; receipts are not unique, as at the real service."""
    order = order_entity(
        id=books.fresh_id("order", "order"),
        amount=fields["amount"],
        currency=fields["currency"],
        receipt=fields.get("receipt"),
        notes=fields.get("notes"),
        created_at=books.now(),
        _automatic=_captures_automatically(fields),
    )
    return books.save("order", order)


def _captures_automatically(fields: Entity) -> bool | None:
    """What the order says about capture; None leaves it to the account's setting."""
    if fields.get("payment"):
        return fields["payment"]["capture"] == "automatic"
    older_form = fields.get("payment_capture")
    return None if older_form is None else bool(int(older_form))


def captures_automatically(books: GatewayAccount, order: Entity) -> bool:
    own: bool | None = order["_automatic"]
    return books.settings.auto_capture if own is None else own


def refuse_second_payment(books: GatewayAccount, order: Entity) -> None:
    """Raises what Checkout shows for an order that is paid or has a payment authorised."""
    payments = books.store.under("payment", order["id"])
    if order["status"] == "paid" or any(payment["status"] == "authorized" for payment in payments):
        raise errors.refused(errors.ORDER_PAID)


def count_attempt(books: GatewayAccount, order: Entity) -> Entity:
    status = "attempted" if order["status"] == "created" else order["status"]
    return books.save("order", order | {"attempts": order["attempts"] + 1, "status": status})


def receive_money(books: GatewayAccount, order: Entity, amount: int) -> Entity:
    """The order after a capture of `amount` paise: paid once nothing is due."""
    paid = order["amount_paid"] + amount
    due = max(0, order["amount"] - paid)
    status = "attempted" if due else "paid"
    return books.save("order", order | {"amount_paid": paid, "amount_due": due, "status": status})
