"""Administrators see every delivery, and let one happen that did not: once, and only what Razorpay signed."""

from uuid import UUID, uuid4

import pytest

from local.razorpay.payloads import webhook_body
from tests.admin.admin_client import AdminClient
from tests.deployed import DeployedFunctions
from tests.webhook.deliveries import Purchase


def purchase(deployed: DeployedFunctions) -> Purchase:
    registration = deployed.registration(deployed.profile(), deployed.event())
    return Purchase(deployed.order(registration), registration)


def store_delivery(
    deployed: DeployedFunctions, body: bytes, *, status: str = "failed", signed: bool = True, source: str = "razorpay"
) -> UUID:
    """A delivery that was kept and not applied."""
    return deployed.row(
        "insert into webhook_logs (source, event_id, signature_valid, body, status, error, headers)"
        " values (%s, %s, %s, %s, %s, 'sqlstate 23514', '{}') returning id",
        source, uuid4().hex, signed, body, status,
    )["id"]  # fmt: skip


def status_of(deployed: DeployedFunctions, bought: Purchase) -> str:
    return deployed.row("select status from registrations where id = %s", bought.registration_id)["status"]


def test_deliveries_are_found_by_every_filter_and_shown_whole(client: AdminClient) -> None:
    deployed = client.deployed
    bought = purchase(deployed)
    bought.captured().deliver(deployed)
    deployed.webhook(b'{"event": "order.notification"}')
    deployed.webhook(b"\xffnot json", secret=None, as_base64=True)
    everything = client.request("GET", "webhook-logs").body["webhookLogs"]
    assert [(each["eventType"], each["outcome"], each["error"]) for each in everything] == [
        (None, None, "bad_signature"),
        ("order.notification", "not_handled", None),
        ("payment.captured", "confirmed", None),
    ]
    captured = everything[2]
    for query in (
        {"eventType": "payment.captured"},
        {"outcome": "confirmed"},
        {"orderId": bought.order_id},
        {"paymentId": bought.payment_id},
        {"until": everything[1]["receivedAt"]},
        {"status": "processed", "since": captured["receivedAt"], "until": everything[1]["receivedAt"]},
    ):
        assert client.request("GET", "webhook-logs", **query).body["webhookLogs"] == [captured], query
    assert client.request("GET", "webhook-logs", signatureValid="false").body["webhookLogs"] == everything[:1]
    assert client.request("GET", "webhook-logs", since="2026-01-15").status == 422
    whole = client.request("GET", f"webhook-logs/{captured['id']}").body["webhookLog"]
    assert whole["payload"]["event"] == "payment.captured"
    assert whole["body"].encode() == bought.captured().body
    assert "x-razorpay-event-id" in whole["headers"]
    assert client.request("GET", f"webhook-logs/{everything[0]['id']}").body["webhookLog"]["body"] == "\ufffdnot json"


@pytest.mark.parametrize("status", ["failed", "received"])
def test_what_was_not_processed_is_and_a_second_replay_changes_nothing(client: AdminClient, status: str) -> None:
    deployed = client.deployed
    bought = purchase(deployed)
    log_id = store_delivery(deployed, bought.captured().body, status=status)
    answer = client.request("POST", f"webhook-logs/{log_id}/replay")
    assert (answer.status, answer.body["result"]) == (200, "processed")
    log = answer.body["webhookLog"]
    assert (log["status"], log["outcome"], log["error"]) == ("processed", "confirmed", None)
    assert (log["eventType"], log["razorpayOrderId"]) == ("payment.captured", bought.order_id)
    assert status_of(deployed, bought) == "confirmed"
    assert deployed.handed_off()
    assert client.request("POST", f"webhook-logs/{log_id}/replay").body["result"] == "duplicate"
    assert bought.captured().deliver(deployed) == "duplicate"
    assert [(row["action"], row["new_values"]["result"]) for row in client.audit_rows()] == [
        ("webhook.replay", "processed"),
        ("webhook.replay", "duplicate"),
    ]
    assert deployed.row("select count(*) from notifications_queue where template = 'payment_success'")["count"] == 2


def test_what_cannot_be_processed_stays_failed_and_nothing_of_it_remains(client: AdminClient) -> None:
    deployed = client.deployed
    bought = purchase(deployed)
    nul = bought.captured().body.replace(b'"notes":', b'"nul": "\\u0000", "notes":', 1)
    assert b"u0000" in nul
    for body, error in (
        (nul, "sqlstate 22P05"),
        (b"not json", "NotJson"),
        (b'{"event": "payment.captured", "payload": {}}', "Hostile"),
    ):
        log_id = store_delivery(deployed, body)
        answer = client.request("POST", f"webhook-logs/{log_id}/replay")
        assert (answer.body["result"], answer.body["webhookLog"]["error"]) == ("failed", error)
        assert client.audit_rows()[-1]["new_values"]["error"] == error
    assert status_of(deployed, bought) == "pending"
    assert deployed.rows("select 1 from notifications_queue") == []
    assert deployed.handed_off() == []


def test_what_nothing_is_to_be_done_for_is_ignored(client: AdminClient) -> None:
    log_id = store_delivery(
        client.deployed,
        webhook_body("payment.captured", payment=Purchase("order_00000000000000", uuid4()).payment("captured")),
    )
    answer = client.request("POST", f"webhook-logs/{log_id}/replay")
    assert (answer.body["result"], answer.body["webhookLog"]["outcome"]) == ("ignored", "unknown_order")


def test_what_razorpay_did_not_sign_is_refused(client: AdminClient) -> None:
    deployed = client.deployed
    bought = purchase(deployed)
    for log_id, code in (
        (store_delivery(deployed, bought.captured().body, signed=False), "not_signed"),
        (store_delivery(deployed, b"{}", source="sendgrid"), "not_replayable"),
    ):
        answer = client.request("POST", f"webhook-logs/{log_id}/replay")
        assert (answer.status, answer.body["code"]) == (409, code)
    assert status_of(deployed, bought) == "pending"
    assert client.audit_rows() == []
