"""Only the exact signature over the exact bytes opens the webhook."""

import base64
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from local.razorpay.payloads import sign
from tests.deployed import (
    KEY_ID,
    KEY_SECRET,
    PREVIOUS_SECRET,
    WEBHOOK_SECRET,
    Answer,
    DeployedFunctions,
    http_event,
)
from tests.webhook.deliveries import buy

SEED = 20_261_113


def delivered(body: bytes, signature: str | None) -> dict[str, Any]:
    headers = {} if signature is None else {"X-Razorpay-Signature": signature}
    return http_event("POST", "razorpay-webhook", headers=headers, body=base64.b64encode(body), as_base64=False) | {
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def flipped(text: bytes, rng: random.Random) -> bytes:
    position = rng.randrange(len(text) * 8)
    changed = bytearray(text)
    changed[position // 8] ^= 1 << position % 8
    return bytes(changed)


def mutations(body: bytes, count: int) -> Iterator[dict[str, Any]]:
    """Wrong in one way each."""
    rng = random.Random(SEED)
    good = sign(WEBHOOK_SECRET, body)
    yield from (
        delivered(body, signature)
        for signature in (
            None,
            "",
            " ",
            good.upper(),
            f" {good}",
            f"{good} ",
            f"{good}\n",
            f"{good},{good}",
            f"sha256={good}",
            good[:-1],
            good * 2,
            "0" * 64,
            "é" * 32,
            "\ud800",
            "\x00" * 64,
            sign("another-secret", body),
            sign("", body),
            sign(KEY_SECRET, body),
            sign(KEY_ID, body),
            sign(WEBHOOK_SECRET, body.lower()),
            sign(WEBHOOK_SECRET, json.dumps(json.loads(body)).encode()),
            base64.b64encode(bytes.fromhex(good)).decode(),
        )
    )
    yield delivered(json.dumps(json.loads(body)).encode(), good)
    yield delivered(body + b"\n", good)
    yield delivered(body[:-1], good)
    yield delivered(b"", good)
    yield delivered(base64.b64encode(body), good)
    not_decoded = delivered(body, good)
    yield not_decoded | {"isBase64Encoded": False}
    yield not_decoded | {"body": body.decode()}
    yield not_decoded | {"body": None}
    yield {name: value for name, value in not_decoded.items() if name != "body"}
    yield not_decoded | {"headers": None}
    for _ in range(count // 2):
        yield delivered(flipped(body, rng), good)
        yield delivered(body, flipped(good.encode(), rng).decode("latin-1"))


@pytest.mark.parametrize("count", [300, pytest.param(2000, marks=pytest.mark.long)])
def test_no_mutation_of_a_signed_delivery_is_accepted(deployed: DeployedFunctions, count: int) -> None:
    """W7."""
    purchase = buy(deployed)
    body = purchase.captured().body
    answers = [Answer.of(deployed.invoke("razorpay_webhook", mutation)).status for mutation in mutations(body, count)]
    assert set(answers) == {401}, SEED
    assert len(answers) > count
    assert deployed.row("select status from payment_transactions") == {"status": "initiated"}
    assert deployed.rows("select 1 from webhook_logs where signature_valid") == []
    assert deployed.rows("select 1 from notifications_queue") == []
    good = deployed.invoke("razorpay_webhook", delivered(body, sign(WEBHOOK_SECRET, body)))
    assert Answer.of(good).body["status"] == "processed", "and the exact one is"


def test_an_unsigned_delivery_cannot_take_the_place_of_a_signed_one(deployed: DeployedFunctions) -> None:
    event = buy(deployed).captured()
    assert deployed.webhook(event.body, secret="wrong", event_id=event.event_id).status == 401
    assert event.deliver(deployed) == "processed"


def test_both_secrets_are_good_while_one_replaces_the_other(deployed: DeployedFunctions) -> None:
    """W8."""
    old, new = buy(deployed).captured(), buy(deployed).captured()
    assert deployed.webhook(old.body, secret=PREVIOUS_SECRET).status == 200
    assert deployed.webhook(new.body, secret=WEBHOOK_SECRET).status == 200


@pytest.mark.parametrize("previous", [{}, {"previousSecret": ""}])
def test_a_secret_that_was_taken_away_is_refused(deployed: DeployedFunctions, previous: dict[str, str]) -> None:
    """W8."""
    deployed.put_secret("razorpay-webhook", {"secret": WEBHOOK_SECRET} | previous)
    event = buy(deployed).captured()
    assert deployed.webhook(event.body, secret=PREVIOUS_SECRET).status == 401
    assert deployed.webhook(event.body, secret="").status == 401
    assert event.deliver(deployed) == "processed"


def test_without_any_secret_nothing_is_accepted(deployed: DeployedFunctions) -> None:
    deployed.put_secret("razorpay-webhook", {"secret": ""})
    event = buy(deployed).captured()
    assert deployed.webhook(event.body, secret=None).status == 401
    headers = {"X-Razorpay-Signature": sign("", event.body)}
    answer = deployed.request("razorpay_webhook", "POST", "razorpay-webhook", headers=headers, body=event.body)
    assert answer.status == 401
