"""Each metric is written by the flow it measures: once an outcome, also when the handler fails, and by no other."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from shared import db, metrics
from shared.actors import SERVICE
from shared.errors import Conflict, Unavailable
from shared.invocations import InvocationFailed, invocation
from shared.metrics import Metric
from shared.notifications.models import Notice
from shared.notifications.service import enqueue
from tests.deployed import Context, DeployedFunctions, linked, secret_values
from tests.log import Log
from tests.webhook.deliveries import buy

PAYMENTS = (Metric.PAYMENTS_ATTEMPTED, Metric.PAYMENTS_SUCCEEDED)
NOTIFICATIONS = (Metric.NOTIFICATIONS_ATTEMPTED, Metric.NOTIFICATIONS_DELIVERED)
SWEEP = {"source": "schedule", "job": "send-notifications"}


def totals(log: Log, *of: Metric) -> list[float]:
    found = [log.total(metric) for metric in of]
    log.forget()
    return found


def test_a_line_is_the_embedded_metric_format_with_the_stacks_dimensions_and_no_person(
    deployed: DeployedFunctions, log: Log
) -> None:
    buy(deployed).captured().deliver(deployed)
    (line,) = log.emf
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert [set(names) for names in directive["Dimensions"]] == [{"service", "stage"}]
    assert (line["service"], line["stage"], line["function_name"]) == ("crash-course", "test", "test")
    named = {metric["Name"] for metric in directive["Metrics"]}
    assert line.keys() - named == {"_aws", "service", "stage", "function_name", "correlation_id"}
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}[
        "WebhookProcessingTime"
    ] == "Milliseconds"


def test_a_paid_order_counts_once_whatever_is_repeated(deployed: DeployedFunctions, log: Log) -> None:
    purchase = buy(deployed)
    for event in (purchase.authorized(), purchase.captured(), purchase.captured(), purchase.order_paid()):
        event.deliver(deployed)
    assert totals(log, *PAYMENTS) == [1, 1]


def test_an_order_that_failed_counts_once_and_as_paid_when_it_is_paid_after_all(
    deployed: DeployedFunctions, log: Log
) -> None:
    purchase = buy(deployed)
    purchase.failed(id="pay_AAAAAAAAAAAAA1").deliver(deployed)
    purchase.failed(id="pay_AAAAAAAAAAAAA2").deliver(deployed)
    assert totals(log, *PAYMENTS) == [1, 0]
    purchase.captured().deliver(deployed)
    assert totals(log, *PAYMENTS) == [0, 1]


def test_money_of_another_amount_is_an_attempt_that_did_not_succeed(deployed: DeployedFunctions, log: Log) -> None:
    purchase = buy(deployed)
    for event in (purchase.captured(amount=100), purchase.captured(amount=100)):
        event.deliver(deployed)
    assert totals(log, *PAYMENTS) == [1, 0]


@pytest.fixture
def broken(deployed: DeployedFunctions) -> Iterator[DeployedFunctions]:
    """Every delivery is refused by the database at the very end of its transaction."""
    deployed.rows(
        """
        create function public.break() returns trigger language plpgsql as $$
        begin
          raise exception 'broken' using errcode = '23514';
        end $$
        """
    )
    deployed.rows("create trigger break before update on webhook_logs for each row execute function public.break()")
    yield deployed
    deployed.rows("drop trigger break on webhook_logs")
    deployed.rows("drop function public.break()")


def test_what_was_rolled_back_is_not_counted(broken: DeployedFunctions, log: Log) -> None:
    """The negative control of the payments' counts: the same delivery, and nothing came of it."""
    assert buy(broken).captured().deliver(broken) == "ignored"
    assert totals(log, *PAYMENTS, Metric.WEBHOOKS_FAILED) == [0, 0, 1]


def test_every_delivery_is_timed_and_only_failed_ones_count_as_failed(deployed: DeployedFunctions, log: Log) -> None:
    purchase = buy(deployed)
    purchase.captured().deliver(deployed)
    assert deployed.webhook(b"{}", secret="wrong").status == 401
    assert len(log.values()[Metric.WEBHOOK_PROCESSING_TIME]) == 2
    assert totals(log, Metric.WEBHOOKS_FAILED, Metric.DATABASE_UNAVAILABLE) == [0, 0]
    assert deployed.webhook(b"no json").status == 400
    assert totals(log, Metric.WEBHOOKS_FAILED) == [1]


def test_without_the_database_the_delivery_is_timed_and_counts_as_failed(deployed: DeployedFunctions, log: Log) -> None:
    purchase = buy(deployed)
    with linked(deployed) as link:
        link.refusing = True
        assert deployed.webhook(purchase.captured().body).status == 503
    for name, value in secret_values(deployed.database).items():
        deployed.put_secret(name, value)
    assert len(log.values()[Metric.WEBHOOK_PROCESSING_TIME]) == 1
    assert totals(log, Metric.WEBHOOKS_FAILED, Metric.DATABASE_UNAVAILABLE) == [1, 1]


def test_every_transaction_is_timed_also_one_that_raises(deployed: DeployedFunctions, log: Log) -> None:
    def conflict() -> None:
        with db.transaction(SERVICE) as conn:
            conn.execute("select pg_sleep(0.05)")
            raise Conflict("no")

    with metrics.written(stage="test"), pytest.raises(Conflict):
        conflict()
    (milliseconds,) = log.values()[Metric.DATABASE_TRANSACTION_TIME]
    assert 50 <= milliseconds < 30_000
    assert log.total(Metric.DATABASE_UNAVAILABLE) == 0


def test_a_handler_that_raises_has_measured_all_the_same(deployed: DeployedFunctions, log: Log) -> None:
    @invocation
    def handler(_event: dict[str, Any], _context: Any) -> None:
        metrics.add(Metric.CERTIFICATES_ATTEMPTED)
        raise ExceptionGroup("late", [Unavailable("gone")])

    with pytest.raises(InvocationFailed, match="ExceptionGroup"):
        handler({}, Context())  # pyright: ignore[reportArgumentType]
    assert totals(log, Metric.CERTIFICATES_ATTEMPTED) == [1]


def test_outside_of_an_invocation_nothing_is_written(deployed: DeployedFunctions, log: Log) -> None:
    metrics.add(Metric.CERTIFICATES_ATTEMPTED)
    with db.transaction(SERVICE):
        pass
    assert log.text == ""


def test_a_thousand_measures_of_one_invocation_are_all_written(log: Log) -> None:
    """CloudWatch takes a hundred values of a metric in one line."""
    with metrics.written(stage="test"):
        for value in range(1000):
            metrics.add(Metric.DATABASE_TRANSACTION_TIME, value)
    assert log.values() == {Metric.DATABASE_TRANSACTION_TIME: list(range(1000))}
    assert max(len(line["DatabaseTransactionTime"]) for line in log.emf) <= 100
    assert {line["stage"] for line in log.emf} == {"test"}


# Notifications


def queue_mails(deployed: DeployedFunctions, count: int, kind: str = "email") -> list[str]:
    people = [deployed.profile() for _ in range(count)]
    with db.transaction(SERVICE) as conn:
        notices = [Notice(each, "waitlist_joined", "k", {"eventTitle": "Rust"}, types=(kind,)) for each in people]  # pyright: ignore[reportArgumentType]
        enqueue(conn, notices)
        return [str(each) for each in conn.enqueued]


def drain(deployed: DeployedFunctions, ids: list[str]) -> None:
    record = {"messageId": "m", "body": json.dumps({"ids": ids}), "eventSource": "aws:sqs"}
    assert deployed.invoke("send_notifications", {"Records": [record]}) == {"batchItemFailures": []}


def test_what_is_delivered_counts_as_attempted_and_delivered(deployed: DeployedFunctions, log: Log) -> None:
    drain(deployed, queue_mails(deployed, 2) + queue_mails(deployed, 3, "in_app"))
    assert totals(log, *NOTIFICATIONS) == [5, 5]


def test_a_delivery_that_will_be_tried_again_is_no_outcome_and_one_given_up_is_a_failure(
    deployed: DeployedFunctions, log: Log
) -> None:
    """The provider is unreachable: the first two attempts decide nothing, the third one does."""
    store: Any = boto3.client("secretsmanager")
    store.create_secret(Name="providers", SecretString=json.dumps({"sendgridApiKey": "SG.test"}))
    deployed.set(EMAIL_PROVIDER="sendgrid", SENDGRID_BASE_URL="http://127.0.0.1:9", PROVIDER_SECRET_ID="providers")
    ids = queue_mails(deployed, 1)
    deployed.rows("update notifications_queue set retry_count = 2")
    drain(deployed, ids)
    assert deployed.row("select status, retry_count from notifications_queue")["status"] == "pending"  # out of reach
    assert totals(log, *NOTIFICATIONS) == [0, 0]
    deployed.set(EMAIL_PROVIDER="ses", EMAIL_FROM="nobody@unverified.example")
    deployed.rows("update notifications_queue set scheduled_for = now()")
    drain(deployed, ids)
    assert deployed.row("select status from notifications_queue")["status"] == "failed"
    assert totals(log, *NOTIFICATIONS) == [1, 0]


def test_a_bounce_is_a_failure(deployed: DeployedFunctions, log: Log) -> None:
    (notification,) = queue_mails(deployed, 1)
    drain(deployed, [notification])
    log.forget()
    bounce = {
        "eventType": "Bounce",
        "mail": {"tags": {"notification": [notification]}},
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "gone@example.com"}]},
    }
    record = {"messageId": "m", "body": json.dumps(bounce)}
    for _ in range(2):
        deployed.invoke("send_notifications", {"Records": [record]})
    assert totals(log, *NOTIFICATIONS) == [1, 0]


def test_the_sweep_measures_what_is_due_before_it_delivers(deployed: DeployedFunctions, log: Log) -> None:
    queue_mails(deployed, 3, "in_app")
    deployed.rows("update notifications_queue set scheduled_for = now() - interval '700 seconds'")
    queue_mails(deployed, 1, "in_app")
    deployed.rows(
        "update notifications_queue set scheduled_for = now() + interval '1 hour' where id in"
        " (select id from notifications_queue order by scheduled_for desc limit 1)"
    )
    deployed.invoke("send_notifications", SWEEP)
    (age,) = log.values()[Metric.NOTIFICATION_BACKLOG_AGE]
    assert 700 <= age < 760
    assert totals(log, Metric.NOTIFICATION_BACKLOG, *NOTIFICATIONS) == [3, 3, 3]
    deployed.invoke("send_notifications", SWEEP)
    assert log.values()[Metric.NOTIFICATION_BACKLOG_AGE] == [0]
    assert totals(log, Metric.NOTIFICATION_BACKLOG) == [0]
