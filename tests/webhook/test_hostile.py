"""Signed bodies that Razorpay never sends: stored unchanged, answered without a 5xx, and without any effect."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.razorpay_webhook.handler import MAX_UNSIGNED_BYTES, UNSIGNED_PER_HOUR
from local.razorpay.payloads import refund_entity, webhook_body
from shared.metrics import Metric
from tests.deployed import DeployedFunctions
from tests.log import Log
from tests.webhook.deliveries import AMOUNT, Purchase, SignedEvent, buy

MIB = 1024 * 1024
HOSTILE_VALUES: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    "",
    "\x00",
    "\ud800",
    "é" * 200,
    "' or 1=1 --",
    "../orders",
    -1,
    0,
    1.5,
    2**31,
    2**53,
    2**63,
    2**64,
    1e308,
    "1" * 300,
    [1],
    {"id": "x"},
    "order_" + "A" * 14 + "\n",
)


def changed(event: SignedEvent, path: tuple[str, ...], value: object) -> bytes:
    """An event with one value put in a place of its document."""
    document = json.loads(event.body)
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return json.dumps(document).encode()


def hostile_bodies(purchase: Purchase) -> list[bytes]:
    good = purchase.captured().body
    entity = ("payload", "payment", "entity")
    fields = [
        ("event",),
        ("created_at",),
        ("payload",),
        ("payload", "payment"),
        entity,
        *[(*entity, name) for name in ("id", "order_id", "amount", "currency", "status", "created_at", "fee", "tax")],
    ]
    refund = ("payload", "refund", "entity")
    refund_fields = [(*refund, name) for name in ("id", "payment_id", "currency", "status")]
    return [
        *[changed(purchase.refund(AMOUNT), path, value) for path in refund_fields for value in HOSTILE_VALUES],
        *[changed(purchase.order_paid(), (*entity, "order_id"), value) for value in HOSTILE_VALUES],
        *[changed(purchase.order_paid(), (*entity, "id"), value) for value in HOSTILE_VALUES],
        *[changed(purchase.failed(), (*entity, "amount"), value) for value in HOSTILE_VALUES],
        *[changed(purchase.failed(), (*entity, "currency"), value) for value in HOSTILE_VALUES],
        # "payment.captured" in another place than `event`, or a plain value that names nothing: no capture of ours.
        *[
            changed(purchase.captured(), path, value)
            for path in fields
            for value in HOSTILE_VALUES
            if is_wrong(path, value)
        ],
        *[changed(purchase.captured(), entity, {"note": "\x00"} | {"entity": value}) for value in HOSTILE_VALUES],
        good.replace(b"INR", b"USD"),
        good.replace(str(AMOUNT).encode(), b"1"),
        good.replace(str(AMOUNT).encode(), b"9" * 5000),
        good.replace(str(AMOUNT).encode(), b"NaN"),
        good.replace(str(AMOUNT).encode(), b"Infinity"),
        good.replace(str(AMOUNT).encode(), b"1e999"),
        good.replace(str(AMOUNT).encode(), b"49900.0"),
        good.replace(b'"notes":[]', b'"notes":{"x":"\\u0000"}'),
        good.replace(b'"notes":[]', b'"notes":{"x":"\\ud800"}'),
        good.replace(b'"notes":[]', b'"notes":' + b"[" * 20_000 + b"]" * 20_000),
        good.replace(b'"notes":[]', b'"notes":1e400000'),
        good.replace(b"{", b"\xef\xbb\xbf{", 1),
        good.decode().encode("utf-16"),
        good.decode().encode("utf-32"),
        good.replace(b"void@", b"\xff\xfe@"),
        good.replace(b"void@", b"\xed\xa0\x80@"),
        good.replace(b'"event":"payment.captured"', b'"event":"payment.captured","event":"x.y"'),
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b'"payment.captured"',
        b"1e5",
        b"[" * 100_000,
        b'{"event":' * 50_000,
        b"{" + b'"a":1,' * 1000,
        b"\x00",
        b"\x1f\x8b\x08\x00",
        b'{"event":"payment.captured","payload":null}',
        b'{"event":"order.paid","payload":{"order":{"entity":{}}},"created_at":1}',
        b'{"event":"refund.processed","payload":{"refund":{"entity":{}}},"created_at":1}',
        b'{"event":"' + b"x" * 300 + b'"}',
        b'{"event":"payment.captured\\u0000"}',
        b'{"event":"settlement.processed","payload":{"note":"\\u0000"}}',
        webhook_body("refund.processed", refund=refund_entity(payment_id=purchase.payment_id, amount=1)),
        webhook_body("payment.captured", payment=purchase.payment("captured", order_id=None)),
        webhook_body("payment.captured", payment=purchase.payment("captured", order_id="order_AAAAAAAAAAAAAA")),
        b'{"event":"other","filler":"' + b"x" * (MIB - 29) + b'"}',
    ]


def is_wrong(path: tuple[str, ...], value: object) -> bool:
    """Razorpay leaves fees out until a capture is settled, and any time is a time."""
    if path[-1] in ("fee", "tax"):
        return value is not None and not (isinstance(value, int) and 0 <= value < 2**53 and not isinstance(value, bool))
    is_time = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**33
    return not (path[-1] == "created_at" and is_time)


def test_no_hostile_body_is_a_5xx_or_pays_or_is_lost(deployed: DeployedFunctions) -> None:
    """W9."""
    purchase = buy(deployed)
    bodies = hostile_bodies(purchase)
    assert len(set(bodies)) >= 500
    before = state_of_money(deployed)
    statuses = {body[:200]: deployed.webhook(body, as_base64=True).status for body in bodies}
    assert set(statuses.values()) <= {200, 400}, {each: status for each, status in statuses.items() if status >= 500}
    kept = deployed.rows("select body, status, signature_valid from webhook_logs")
    assert {bytes(row["body"]) for row in kept} == set(bodies)
    assert all(row["signature_valid"] and row["status"] != "received" for row in kept)
    assert state_of_money(deployed) == before
    assert deployed.webhook(purchase.captured().body).body["status"] == "processed", "the honest one still pays"


@pytest.mark.parametrize("notes", ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, '{"a":1,"a":2}', '"text"'])
def test_odd_notes_do_not_keep_honest_money_from_paying(deployed: DeployedFunctions, notes: str) -> None:
    body = buy(deployed).captured().body.replace(b'"notes":[]', b'"notes":' + notes.encode())
    assert deployed.webhook(body).body["status"] == "processed"
    assert state_of_money(deployed)[0]["status"] == "success"


def state_of_money(deployed: DeployedFunctions) -> list[dict[str, Any]]:
    return deployed.rows(
        """
        select t.status, t.razorpay_payment_id, r.status as registration, r.payment_status,
            (select count(*) from notifications_queue) as told
        from payment_transactions t join registrations r on r.id = t.registration_id
        """
    )


def wrong_amount(purchase: Purchase) -> bytes:
    return purchase.captured(amount=AMOUNT - 1).body


def wrong_currency(purchase: Purchase) -> bytes:
    return purchase.captured(currency="USD").body


@pytest.mark.parametrize("body", [wrong_amount, wrong_currency])
def test_money_of_another_amount_or_currency_waits_for_a_person(
    deployed: DeployedFunctions, body: Callable[[Purchase], bytes]
) -> None:
    purchase = buy(deployed)
    deployed.webhook(body(purchase))
    order = deployed.row("select status, review_reason from payment_transactions")
    assert order == {"status": "initiated", "review_reason": "amount_mismatch"}
    assert deployed.row("select outcome from webhook_logs") == {"outcome": "held"}
    assert deployed.row("select status from registrations") == {"status": "pending"}


def test_a_payment_id_of_another_order_cannot_pay_twice(deployed: DeployedFunctions) -> None:
    first = buy(deployed)
    second = buy(deployed)
    first.captured().deliver(deployed)
    stolen = Purchase(second.order_id, second.registration_id, payment_id=first.payment_id)
    assert stolen.captured().deliver(deployed) == "ignored"
    status = deployed.row("select status from payment_transactions where razorpay_order_id = %s", second.order_id)
    assert status == {"status": "initiated"}
    assert deployed.row("select status, error from webhook_logs where status = 'failed'")["error"] == "sqlstate 23505"


@pytest.mark.parametrize(("size", "status"), [(MIB, 200), (MIB + 1, 413)])
def test_a_body_over_a_mebibyte_is_refused(deployed: DeployedFunctions, size: int, status: int) -> None:
    body = b'{"event":"other","filler":"' + b"x" * (size - 29) + b'"}'
    assert len(body) == size
    assert deployed.webhook(body, as_base64=True).status == status


@pytest.mark.parametrize("event", ["payment.downtime.started", "settlement.processed", "virtual_account.credited"])
def test_an_event_without_effects_is_kept_and_ignored(deployed: DeployedFunctions, event: str) -> None:
    answer = deployed.webhook(webhook_body(event))
    assert answer.body["status"] == "ignored"
    kept = deployed.row("select event_type, status, outcome, payload ->> 'event' as name from webhook_logs")
    assert kept == {"event_type": event, "status": "processed", "outcome": "not_handled", "name": event}


def test_unsigned_requests_are_counted_and_only_a_sample_is_stored(deployed: DeployedFunctions, log: Log) -> None:
    for number in range(UNSIGNED_PER_HOUR + 10):
        answer = deployed.webhook(f"unsigned {number}".encode() * 1_000, secret="wrong")
        assert answer.status == 401
    stored = deployed.row("select count(*) as rows, max(length(body)) as longest from webhook_logs")
    assert stored == {"rows": UNSIGNED_PER_HOUR, "longest": MAX_UNSIGNED_BYTES}
    assert log.total(Metric.WEBHOOKS_UNSIGNED) == UNSIGNED_PER_HOUR + 10
    deployed.rows(
        "alter table webhook_logs disable trigger user; update webhook_logs set received_at = '2020-01-01';"
        " alter table webhook_logs enable trigger user"
    )
    deployed.webhook(b"an hour later", secret="wrong")
    assert deployed.row("select count(*) as rows from webhook_logs") == {"rows": UNSIGNED_PER_HOUR + 1}
