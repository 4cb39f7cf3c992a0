"""The REST API under /v1: what each address does."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local.razorpay import errors, orders, payments, refunds, settlements, validation
from local.razorpay.entities import Entity
from local.razorpay.gateway_account import GatewayAccount
from local.razorpay.store import Kind, public


@dataclass(frozen=True)
class Call:
    """One request of a client."""

    ids: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    def fields(self, *allowed: str) -> Entity:
        """The body's fields, all of them allowed."""
        fields = validation.json_object(self.raw)
        validation.refuse_unknown(fields, *allowed)
        return fields


type Endpoint = Callable[[GatewayAccount, Call], Entity]

_PAGING = ("from", "to", "count", "skip")


def create_order(books: GatewayAccount, call: Call) -> Entity:
    fields = call.fields("amount", "currency", "receipt", "notes", "payment", "payment_capture", "partial_payment")
    validation.amount(fields)
    validation.currency(fields)
    validation.text(fields, "receipt", 40)
    validation.notes(fields)
    validation.capture_settings(fields)
    return public(orders.open_order(books, fields))


def list_orders(books: GatewayAccount, call: Call) -> Entity:
    validation.refuse_unknown(call.query, *_PAGING, "receipt", "authorized", "expand[]")
    validation.one_of(dict(call.query), "authorized", "0", "1")
    authorized = call.query.get("authorized")
    found = _page(
        books,
        "order",
        call,
        receipt=call.query.get("receipt"),
        authorized=None if authorized is None else authorized == "1",
    )
    if call.query.get("expand[]") == "payments":
        for order in found["items"]:
            order["payments"] = _collection(books.store.under("payment", order["id"]))
    return found


def list_payments(books: GatewayAccount, call: Call) -> Entity:
    validation.refuse_unknown(call.query, *_PAGING, "expand[]")
    return _page(books, "payment", call)


def list_of(kind: Kind) -> Endpoint:
    def list_page(books: GatewayAccount, call: Call) -> Entity:
        validation.refuse_unknown(call.query, *_PAGING)
        return _page(books, kind, call)

    return list_page


def read(kind: Kind, prefix: str) -> Endpoint:
    def read_one(books: GatewayAccount, call: Call) -> Entity:
        return public(books.require(kind, validation.entity_id(prefix, call.ids["id"])))

    return read_one


def payments_of_order(books: GatewayAccount, call: Call) -> Entity:
    order = books.require("order", validation.entity_id("order", call.ids["id"]))
    return _collection(books.store.under("payment", order["id"]))


def refunds_of_payment(books: GatewayAccount, call: Call) -> Entity:
    validation.refuse_unknown(call.query, *_PAGING)
    page = validation.page(call.query)
    payment = _payment(books, call)
    found = [
        refund
        for refund in reversed(books.store.under("refund", payment["id"]))
        if page.since <= refund["created_at"] <= page.until
    ]
    return _collection(found[page.skip : page.skip + page.count])


def capture_payment(books: GatewayAccount, call: Call) -> Entity:
    payment = _payment(books, call)
    fields = call.fields("amount", "currency")
    amount = validation.amount(fields)
    return public(payments.capture_on_request(books, payment, amount, validation.currency(fields)))


def refund_payment(books: GatewayAccount, call: Call) -> Entity:
    """With X-Refund-Idempotency the same request is answered with the same refund, ever after."""
    payment = _payment(books, call)
    fields = call.fields("amount", "speed", "notes", "receipt", "reverse_all")
    if fields.get("amount") is not None:
        validation.amount(fields)
    validation.one_of(fields, "speed", "normal", "optimum")
    validation.text(fields, "receipt", 40)
    validation.notes(fields)
    key = refund_key(call.headers)
    return public(_refund_once(books, payment, fields, key) if key else refunds.open_refund(books, payment, fields))


def refund_key(headers: Mapping[str, str]) -> str | None:
    """The idempotency key: at least 10 of A-Z, a-z, 0-9, - and _."""
    key = headers.get("X-Refund-Idempotency")
    if key is not None and not re.fullmatch(r"[A-Za-z0-9_-]{10,}", key):
        raise errors.invalid("The X-Refund-Idempotency key is invalid.")
    return key


def _refund_once(books: GatewayAccount, payment: Entity, fields: Entity, key: str) -> Entity:
    request = json.dumps([payment["id"], fields], sort_keys=True)
    earlier = books.store.get("refund_key", key)
    if earlier and earlier["request"] != request:
        raise errors.refused(errors.KEY_REUSED, 409)
    if earlier:
        return books.require("refund", earlier["refund_id"])
    refund = refunds.open_refund(books, payment, fields)
    books.save("refund_key", {"id": key, "request": request, "refund_id": refund["id"]})
    return refund


def refund_of_payment(books: GatewayAccount, call: Call) -> Entity:
    payment = _payment(books, call)
    refund = books.require("refund", validation.entity_id("rfnd", call.ids["refund_id"]))
    if refund["payment_id"] != payment["id"]:
        raise errors.invalid(errors.UNKNOWN_ID)
    return public(refund)


def reconciliation(books: GatewayAccount, call: Call) -> Entity:
    """Rows of one settlement day, or of a month; at most 1000 a page."""
    validation.refuse_unknown(call.query, "year", "month", "day", "count", "skip")
    year, month, day = validation.day_or_month(call.query)
    page = validation.page(call.query, most=1000)
    rows = settlements.reconciliation_rows(books, year, month, day)
    return _collection(rows[page.skip : page.skip + page.count])


def _payment(books: GatewayAccount, call: Call) -> Entity:
    return books.require("payment", validation.entity_id("pay", call.ids["id"]))


def _page(
    books: GatewayAccount, kind: Kind, call: Call, *, receipt: str | None = None, authorized: bool | None = None
) -> Entity:
    page = validation.page(call.query)
    return _collection(
        books.store.page(
            kind,
            since=page.since,
            until=page.until,
            seen_until=books.clock() - books.settings.list_lag,
            count=page.count,
            skip=page.skip,
            receipt=receipt,
            authorized=authorized,
        )
    )


def _collection(items: list[Entity]) -> Entity:
    return {"entity": "collection", "count": len(items), "items": [public(item) for item in items]}


ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/v1/orders", create_order),
    ("GET", "/v1/orders", list_orders),
    ("GET", "/v1/orders/{id}", read("order", "order")),
    ("GET", "/v1/orders/{id}/payments", payments_of_order),
    ("GET", "/v1/payments", list_payments),
    ("GET", "/v1/payments/{id}", read("payment", "pay")),
    ("POST", "/v1/payments/{id}/capture", capture_payment),
    ("POST", "/v1/payments/{id}/refund", refund_payment),
    ("GET", "/v1/payments/{id}/refunds", refunds_of_payment),
    ("GET", "/v1/payments/{id}/refunds/{refund_id}", refund_of_payment),
    ("GET", "/v1/refunds", list_of("refund")),
    ("GET", "/v1/refunds/{id}", read("refund", "rfnd")),
    ("GET", "/v1/settlements", list_of("settlement")),
    ("GET", "/v1/settlements/recon/combined", reconciliation),
    ("GET", "/v1/settlements/{id}", read("settlement", "setl")),
    ("GET", "/v1/disputes", list_of("dispute")),
    ("GET", "/v1/disputes/{id}", read("dispute", "disp")),
)
