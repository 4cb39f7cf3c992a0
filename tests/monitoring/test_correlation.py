"""One id through request, queue and delivery: what a request caused is found in the log by the id that went in."""

import os
from dataclasses import replace
from typing import Any
from uuid import UUID

import boto3
import pytest

from shared.log import correlated, correlation_id
from tests.deployed import Context, DeployedFunctions, access_token, http_event
from tests.log import Log
from tests.webhook.deliveries import buy

SWEEP = {"source": "schedule", "job": "send-notifications"}


def register(deployed: DeployedFunctions, student: UUID) -> str:
    """A free seat, which is confirmed by mail and in the app; the request's id."""
    body = {"eventId": str(deployed.event(price_amount=0))}
    event = http_event("POST", "registrations", claims=access_token(student), body=body)
    assert deployed.invoke("registrations", event)["statusCode"] == 201
    return event["requestContext"]["requestId"]


def queued_messages() -> list[dict[str, Any]]:
    """The messages of the queue as Lambda's event source hands them over."""
    sqs: Any = boto3.client("sqs")
    found = sqs.receive_message(
        QueueUrl=os.environ["NOTIFICATION_QUEUE_URL"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        {
            "messageId": each["MessageId"],
            "body": each["Body"],
            "messageAttributes": {
                name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
                for name, value in each.get("MessageAttributes", {}).items()
            },
        }
        for each in found.get("Messages", [])
    ]


def told(lines: Log) -> dict[str, set[str]]:
    """What was logged, by the id it was logged under."""
    found: dict[str, set[str]] = {}
    for line in lines.lines:
        found.setdefault(line["correlation_id"], set()).add(line["message"])
    return found


DELIVERED = {"notification_sent", "notifications_in_inbox"}


def test_a_requests_id_is_in_every_line_from_the_request_to_the_delivery(deployed: DeployedFunctions, log: Log) -> None:
    first, second = register(deployed, deployed.profile()), register(deployed, deployed.profile())
    assert told(log) == {first: {"registered"}, second: {"registered"}}
    assert {line["function_name"] for line in log.lines} == {"test"}, "one log group holds the lines of all functions"
    log.forget()
    deployed.invoke("send_notifications", {"Records": queued_messages()})
    delivered = {"notifications_drained", *DELIVERED}
    assert told(log) == {first: delivered, second: delivered}


def test_the_id_survives_a_lost_hand_off_and_a_delivery_that_failed(deployed: DeployedFunctions, log: Log) -> None:
    deployed.set(EMAIL_FROM="nobody@unverified.example")
    request = register(deployed, deployed.profile())
    log.forget()
    deployed.handed_off()  # into nothing
    replace(deployed, context=Context(aws_request_id="sweep-1")).invoke("send_notifications", SWEEP)
    assert told(log) == {request: {"notification_failed", "notifications_in_inbox"}, "sweep-1": {"notifications_swept"}}


def test_what_is_not_sent_is_found_too(deployed: DeployedFunctions, log: Log) -> None:
    student = deployed.profile()
    deployed.rows(
        "insert into notification_preferences (user_id, type, channel, enabled)"
        " select %s, t, 'transactional', false from unnest(array['email', 'in_app']) t",
        student,
    )
    request = register(deployed, student)
    log.forget()
    deployed.invoke("send_notifications", {"Records": queued_messages()})
    assert told(log)[request] == {"notification_cancelled", "notifications_drained"}


def test_a_webhooks_id_is_the_requests(deployed: DeployedFunctions, log: Log) -> None:
    purchase = buy(deployed)
    purchase.captured().deliver(deployed)
    (request,) = told(log)
    queued = deployed.rows("select distinct correlation_id from notifications_queue")
    assert queued == [{"correlation_id": request}]


def test_a_schedules_id_is_its_invocations(deployed: DeployedFunctions, log: Log) -> None:
    """Reminders are queued by a statement of their own: the id is the column's default, whoever inserts."""
    event = deployed.event()
    deployed.confirmed(deployed.profile(), event, confirmed_at="2020-01-01")
    deployed.rows(
        "update event_sessions set starts_at = now() + interval '23 hours', ends_at = now() + interval '1 day'"
    )
    replace(deployed, context=Context(aws_request_id="reminders-1")).invoke("session_reminders", {})
    assert told(log) == {"reminders-1": {"session_reminders_queued"}}
    queued = deployed.rows("select correlation_id, count(*) from notifications_queue group by 1")
    assert queued == [{"correlation_id": "reminders-1", "count": 2}]


def test_what_no_invocation_caused_has_no_id(deployed: DeployedFunctions) -> None:
    """The negative control: the next transaction of a connection knows nothing of the one before."""
    register(deployed, deployed.profile())
    assert correlation_id() is None
    deployed.rows(
        "insert into notifications_queue (user_id, type, channel, template, dedupe_key)"
        " values (%s, 'email', 'alert', 'x', 'x')",
        deployed.profile(),
    )
    assert deployed.row("select correlation_id from notifications_queue where template = 'x'")["correlation_id"] is None


def test_an_inner_id_ends_with_its_block_and_is_cut_to_what_the_database_keeps() -> None:
    with correlated("outer", stage="test"):
        with correlated("i" * 300):
            assert correlation_id() == "i" * 200
        with correlated(None):
            assert correlation_id() == "outer"
        with pytest.raises(ZeroDivisionError), correlated("failing"):
            _ = 1 / 0
        assert correlation_id() == "outer"
    assert correlation_id() is None
