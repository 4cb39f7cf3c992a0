"""Settlements: what was captured less what was refunded or lost, and the rows that explain the sum.

A day is a day in India (presumed; the documentation does not name the zone of the reconciliation report).
"""

import json
from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone
from typing import Literal

from local.razorpay.entities import Entity, settlement_entity
from local.razorpay.gateway_account import GatewayAccount
from local.razorpay.store import Kind

INDIA = timezone(timedelta(hours=5, minutes=30))


def settle(books: GatewayAccount, day: date | None = None) -> Entity | None:
    """Settles on `day` (today by default) everything created until its end.

    None, and nothing settled, when debits reach the credits: Razorpay carries that balance over.
    """
    now = datetime.fromtimestamp(books.clock(), INDIA)
    day = day or now.date()
    settled_at = int((now if day == now.date() else datetime.combine(day, time(12), INDIA)).timestamp())
    end = int(datetime.combine(day + timedelta(days=1), time(), INDIA).timestamp())
    found: list[tuple[Kind, Entity, Entity]] = [
        (kind, entity, _row(books, kind, entity)) for kind, entity in _unsettled(books, end)
    ]
    amount = sum(row["credit"] - row["debit"] for _, _, row in found)
    if amount <= 0:
        return None
    settlement = settlement_entity(
        id=books.fresh_id("setl", "settlement"),
        amount=amount,
        utr=f"FAKE{books.rng.randrange(10**12):012}",
        created_at=settled_at,
    )
    books.save("settlement", settlement)
    for kind, entity, row in found:
        lookup = entity["order_id"] if kind == "payment" else entity.get("payment_id")
        books.save(kind, entity | {"_settlement": settlement["id"]}, lookup)
        _file(books, row, settlement, day)
    books.emit("settlement.processed", settlement=settlement)
    return settlement


def reconciliation_rows(books: GatewayAccount, year: int, month: int, day: int | None = None) -> list[Entity]:
    """The rows of all settlements of a day, or of a month."""
    days = [day] if day else range(1, monthrange(year, month)[1] + 1)
    dates = (date(year, month, each).isoformat() for each in days)
    records = [record for each in dates for record in books.store.under("recon_row", each)]
    return [record["row"] for record in records if not record.get("hidden")]


def adjust(
    books: GatewayAccount, type: Literal["adjustment", "transfer"], *, credit: int, debit: int, fee: int
) -> Entity:
    """Money that the next settlement moves beside payments and refunds; a transfer's debit includes its fee."""
    prefix = {"adjustment": "adj", "transfer": "trf"}[type]
    row: Entity = {
        "id": books.fresh_id(prefix, "adjustment"),
        "type": type,
        "credit": credit,
        "debit": debit,
        "amount": credit or debit - fee,
        "fee": fee,
        "tax": fee * 18 // 118,
        "created_at": books.now(),
    }
    return books.save("adjustment", row)


def change_row(books: GatewayAccount, entity_id: str, changes: Entity, *, hidden: bool) -> None:
    """Let the report say something else of an entity, or nothing."""
    record = books.store.get("recon_row", entity_id)
    if record is None:
        raise LookupError(entity_id)
    books.save("recon_row", record | {"row": record["row"] | changes, "hidden": hidden}, record["day"])


def _unsettled(books: GatewayAccount, end: int) -> list[tuple[Kind, Entity]]:
    settled_kinds: list[tuple[Kind, str, object]] = [
        ("payment", "captured", True),
        ("refund", "status", "processed"),
        ("dispute", "status", "lost"),
        ("adjustment", "type", "adjustment"),
        ("adjustment", "type", "transfer"),
    ]
    return [
        (kind, entity)
        for kind, key, value in settled_kinds
        for entity in books.store.all(kind)
        if entity[key] == value and "_settlement" not in entity and entity["created_at"] < end
    ]


def _row(books: GatewayAccount, kind: Kind, entity: Entity) -> Entity:
    if kind == "adjustment":
        return _adjustment_row(entity)
    payment = entity if kind == "payment" else books.require("payment", entity["payment_id"])
    order = books.store.get("order", payment["order_id"]) or {}
    card: Entity = payment.get("card") or {}
    credit = payment["amount"] - payment["fee"] if kind == "payment" else 0
    row: Entity = {
        "entity_id": entity["id"],
        "type": kind,
        "debit": 0 if kind == "payment" else entity["amount"],
        "credit": credit,
        "amount": entity["amount"],
        "currency": entity["currency"],
        "fee": payment["fee"] if kind == "payment" else 0,
        "tax": payment["tax"] if kind == "payment" else 0,
        "on_hold": False,
        "settled": True,
        "created_at": entity["created_at"],
        "posted_at": None,
        "credit_type": "default",
        "description": None,
        "notes": json.dumps(entity["notes"]) if entity.get("notes") else None,
        "payment_id": None if kind == "payment" else payment["id"],
        "order_id": payment["order_id"],
        "order_receipt": order.get("receipt"),
        "method": payment["method"],
        "card_network": card.get("network"),
        "card_issuer": card.get("issuer"),
        "card_type": card.get("type"),
        "dispute_id": None,
    }
    return _as_adjustment(row, entity) if kind == "dispute" else row


def _adjustment_row(adjustment: Entity) -> Entity:
    unknown = ("posted_at", "payment_id", "order_id", "order_receipt", "method", "card_network", "card_issuer")
    return dict.fromkeys((*unknown, "card_type", "dispute_id", "notes"), None) | {
        "entity_id": adjustment["id"],
        **{key: adjustment[key] for key in ("type", "credit", "debit", "amount", "fee", "tax", "created_at")},
        "currency": "INR",
        "on_hold": False,
        "settled": True,
        "description": "Adjusted by hand",
    }


def _as_adjustment(row: Entity, dispute: Entity) -> Entity:
    kept = {key: value for key, value in row.items() if key != "credit_type"}
    unknown = dict.fromkeys(("payment_id", "order_id", "order_receipt", "method"), None)
    id = dispute["id"].replace("disp_", "adj_")
    return (
        kept
        | unknown
        | {
            "entity_id": id,
            "type": "adjustment",
            "dispute_id": dispute["id"],
            "description": "Chargeback",
        }
    )


def _file(books: GatewayAccount, row: Entity, settlement: Entity, day: date) -> None:
    row |= {
        "settled_at": settlement["created_at"],
        "settlement_id": settlement["id"],
        "settlement_utr": settlement["utr"],
    }
    books.save("recon_row", {"id": row["entity_id"], "row": row, "day": day.isoformat()}, day.isoformat())
