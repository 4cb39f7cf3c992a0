"""Razorpay's deliveries say nothing of a payer after the retention, or after an erasure; the money stays legible."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from tests.deployed import DeployedFunctions
from tests.personal_data.test_erasure import erase, person
from tests.personal_data.traces import EMAIL, PHONE
from tests.webhook.deliveries import Purchase, SignedEvent

VPA = "canary.rao@okbank"
CARD = {"id": "card_SBD8bF77GIqSiX", "last4": "4242", "name": "Canary Rao", "network": "Visa"}
SIGNS = (EMAIL, PHONE, VPA, "last4", "Canary")
REDACT: LiteralString = """
    update webhook_logs set redacted_at = now(), payload = private.without_personal_data(payload),
        body = convert_to(private.without_personal_data(payload)::text, 'UTF8')
"""


def paid(deployed: DeployedFunctions, user: UUID, **event: Any) -> tuple[Purchase, SignedEvent]:
    """A seat that the person paid, with all that a payment says of its payer."""
    registration = deployed.registration(user, deployed.event(**event))
    purchase = Purchase(deployed.order(registration), registration)
    captured = purchase.captured(email=EMAIL, contact=PHONE, vpa=VPA, card=CARD, notes={"name": "Canary Rao"})
    assert captured.deliver(deployed) == "processed"
    return purchase, captured


def signs(deployed: DeployedFunctions) -> list[str]:
    """What of the payer is found in the log, in any column."""
    rows = deployed.rows("select to_jsonb(w)::text || convert_from(body, 'UTF8') as text from webhook_logs w")
    return [sign for sign in SIGNS if any(sign in row["text"] for row in rows)]


def test_an_erasure_reaches_what_razorpay_sent_before_and_sends_later(emptied: DeployedFunctions) -> None:
    user = person(emptied)
    purchase, captured = paid(emptied, user, status="completed")
    assert signs(emptied) == list(SIGNS)
    exported = json.dumps(emptied.request("personal_data", "GET", "me/export", user=user).body)
    assert [sign for sign in SIGNS if sign not in exported] == []
    assert erase(emptied, user).status == 200
    assert signs(emptied) == []
    purchase.refund(100).deliver(emptied)
    purchase.captured(email=EMAIL, reported_at=1_794_475_900).deliver(emptied)
    assert signs(emptied) == [EMAIL]
    assert emptied.invoke("personal_data", {"source": "schedule"})["deliveriesEnded"] == 2
    assert signs(emptied) == []
    assert captured.deliver(emptied) == "duplicate"


def test_amounts_ids_and_the_hash_stay(emptied: DeployedFunctions) -> None:
    purchase, captured = paid(emptied, person(emptied), status="completed")
    emptied.rows(REDACT)
    row = emptied.row("select payload, body, body_hash, razorpay_order_id, razorpay_payment_id from webhook_logs")
    entity = row["payload"]["payload"]["payment"]["entity"]
    assert (entity["id"], entity["order_id"], entity["amount"]) == (
        purchase.payment_id,
        purchase.order_id,
        purchase.amount,
    )
    assert (row["razorpay_order_id"], row["razorpay_payment_id"]) == (purchase.order_id, purchase.payment_id)
    assert bytes(row["body_hash"]) == hashlib.sha256(captured.body).digest()
    assert json.loads(bytes(row["body"])) == row["payload"]


def test_the_retention_ends_what_is_old_and_nothing_else(emptied: DeployedFunctions) -> None:
    emptied.set(WEBHOOK_RETENTION_DAYS="180")
    for days in (181, 179):
        paid(emptied, emptied.profile())
        _date(emptied, "redacted_at is null and received_at > now() - interval '1 hour'", days)
    assert emptied.invoke("personal_data", {"source": "schedule"})["deliveriesEnded"] == 1
    kept = emptied.rows("select redacted_at is null as is_whole from webhook_logs order by received_at")
    assert [row["is_whole"] for row in kept] == [False, True]


def test_unsigned_deliveries_are_deleted_after_30_days_and_signed_ones_never(emptied: DeployedFunctions) -> None:
    paid(emptied, emptied.profile())
    for number in range(2):
        answer = emptied.request("razorpay_webhook", "POST", "razorpay-webhook", body={"number": number})
        assert answer.status == 401
    _date(emptied, "signature_valid", 400)
    _date(emptied, "body = convert_to('{\"number\": 0}', 'UTF8')", 31)
    assert emptied.row("select count(*) from webhook_logs where received_at < now() - interval '30 days'")["count"] == 2
    emptied.set(WEBHOOK_RETENTION_DAYS="3650")
    assert emptied.invoke("personal_data", {"source": "schedule"})["deliveriesEnded"] == 1
    assert emptied.rows("select signature_valid from webhook_logs order by received_at") == [
        {"signature_valid": True},
        {"signature_valid": False},
    ]


def _date(deployed: DeployedFunctions, which: LiteralString, days: int) -> None:
    with deployed.database.look() as conn, conn.transaction():
        conn.execute("set local session_replication_role = replica")
        conn.execute(
            "update webhook_logs set received_at = %s where " + which, (datetime.now(UTC) - timedelta(days=days),)
        )


TAMPERING: list[LiteralString] = [
    REDACT + ", outcome = 'nothing'",
    "update webhook_logs set redacted_at = now(), payload = '{}', body = '{}'",
    "update webhook_logs set redacted_at = now()",
    "update webhook_logs set body_hash = sha256('')",
    "delete from webhook_logs",
]


@pytest.mark.parametrize("statement", TAMPERING)
def test_nothing_else_can_be_taken_away(emptied: DeployedFunctions, statement: LiteralString) -> None:
    paid(emptied, emptied.profile())
    with emptied.database.look() as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement)


@pytest.mark.parametrize("statement", TAMPERING)
def test_without_the_triggers_it_could(emptied: DeployedFunctions, statement: LiteralString) -> None:
    """The negative control."""
    paid(emptied, emptied.profile())
    with emptied.database.look() as conn, conn.transaction(force_rollback=True):
        conn.execute("alter table webhook_logs disable trigger user")
        assert conn.execute(statement).rowcount == 1
