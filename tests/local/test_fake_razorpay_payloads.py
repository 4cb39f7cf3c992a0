"""The bodies and signatures that other tests craft deliveries from."""

import hashlib
import hmac
import json

import pytest

from local.razorpay import payloads

PAYMENT_SECRET = "EnLs21M47BllR3X8PSFtjtbd"


def test_a_webhook_signature_is_the_one_of_the_official_sdk_tests() -> None:
    body = b'{"a":1,"b":2,"c":{"d":3}}'
    assert payloads.sign("123456", body) == "2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc"


@pytest.mark.parametrize(
    ("secret", "order_id", "payment_id", "expected"),
    [
        (
            PAYMENT_SECRET,
            "order_IEIaMR65cu6nz3",
            "pay_IH4NVgf4Dreq1l",
            "0d4e745a1838664ad6c9c9902212a32d627d68e917290b0ad5f08ff4561bc50f",
        ),
        (
            PAYMENT_SECRET,
            "pay_IDZNwZZFtnjyym",
            "sub_ID6MOhgkcoHj9I",
            "601f383334975c714c91a7d97dd723eb56520318355863dcf3821c0d07a17693",
        ),
        (
            PAYMENT_SECRET,
            "plink_IH3cNucfVEgV68|TSsd1989|paid",
            "pay_IH3d0ara9bSsjQ",
            "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b",
        ),
        (
            "key_secret",
            "fake_order_id",
            "fake_payment_id",
            "b2335e3b0801106b84a7faff035df56ecffde06918c9ddd1f0fafbb37a51cc89",
        ),
        (
            "key_secret",
            "fake_other_id",
            "fake_payment_id",
            "965ee2de4c5c4e6f006fb0a5a1736d992e5d4d52f9fe10b98c9b97ee169ebe18",
        ),
        (
            "key_secret",
            "fake_payment_id",
            "fake_other_id",
            "3dabcab8ca113e7994cf78c80f8d50974ddfb2d380029743f30a6d67934cd845",
        ),
        (
            "key_secret",
            "fake_razorpay_payment_link_id|fake_reference_id|paid",
            "pay_IH3d0ara9bSsjQ",
            "b8a6acda585c9b74e9da393c7354c7e685e37e69d30ae654730f042e674e0283",
        ),
    ],
)
def test_a_checkout_signature_is_the_one_of_the_official_sdk_tests(
    secret: str, order_id: str, payment_id: str, expected: str
) -> None:
    assert payloads.checkout_signature(secret, order_id, payment_id) == expected


def test_headers_sign_the_exact_bytes_and_carry_the_event_id_twice() -> None:
    body = payloads.webhook_body("payment.captured", payment=payloads.payment_entity())
    headers = payloads.webhook_headers(body, "secret", "abcdefghijklmn")
    assert headers["X-Razorpay-Signature"] == hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert headers["X-Razorpay-Event-Id"] == headers["Request-Id"] == "abcdefghijklmn"
    assert "X-Razorpay-Signature" not in payloads.webhook_headers(body, None)


def test_a_body_is_compact_utf8_and_still_json_with_what_utf8_cannot_hold() -> None:
    readable = payloads.webhook_body("order.paid", order=payloads.order_entity(receipt="दो / two"))
    assert b", " not in readable
    assert "दो / two".encode() in readable
    lone = payloads.webhook_body("order.paid", order=payloads.order_entity(receipt="\ud800"))
    assert json.loads(lone)["payload"]["order"]["entity"]["receipt"] == "\ud800"


@pytest.mark.parametrize(("amount", "fee", "tax"), [(150_000, 3540, 540), (498_800, 11_772, 1796), (100, 2, 0)])
def test_the_fee_includes_its_tax_as_in_real_payments(amount: int, fee: int, tax: int) -> None:
    payment = payloads.payment_entity(amount=amount)
    assert (payment["fee"], payment["tax"]) == (fee, tax)


def test_fee_captured_and_error_follow_from_the_status() -> None:
    failed = payloads.payment_entity(status="failed")
    assert (failed["fee"], failed["captured"], failed["error_reason"]) == (None, False, "payment_failed")
    refunded = payloads.payment_entity(status="refunded", amount=500)
    assert (refunded["captured"], refunded["refund_status"], refunded["amount_refunded"]) == (True, "full", 500)
    assert payloads.payment_entity(status="authorized")["fee"] is None


def test_empty_notes_are_a_list_as_php_writes_them() -> None:
    assert payloads.order_entity()["notes"] == []
    assert payloads.order_entity(notes={"a": "b"})["notes"] == {"a": "b"}


def test_two_entities_of_one_method_share_nothing() -> None:
    first, second = payloads.payment_entity(method="card"), payloads.payment_entity(method="card")
    first["card"]["last4"] = "9999"
    assert second["card"]["last4"] == "0153"


def test_any_field_of_a_body_can_be_made_wrong() -> None:
    body = payloads.webhook_body("payment.captured", payment={"id": 7}, created_at=1, contains="nonsense")
    assert json.loads(body) == {
        "entity": "event",
        "account_id": payloads.ACCOUNT_ID,
        "event": "payment.captured",
        "contains": "nonsense",
        "payload": {"payment": {"entity": {"id": 7, "base_amount": None, "reward": None}}},
        "created_at": 1,
    }
