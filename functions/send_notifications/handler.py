"""send-notifications: over HTTP and by schedule one run over what is due, by SQS what was just queued."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.send_notifications import feedback, push, service
from functions.send_notifications.models import DeliveryAnswer, DeliveryCounts, InboxRow, NotificationBatch
from functions.send_notifications.senders import SENDERS
from shared import auth, db
from shared.actors import SERVICE
from shared.config import settings
from shared.invocations import invocation
from shared.log import correlated, log_failure, logger
from shared.notifications.handoff import CORRELATION, hand_off
from shared.routing import Router

LONGEST_ATTEMPT_SECONDS = 12
"""A provider's time limits and two transactions; less than this left, and no attempt is begun."""
HTTP_SECONDS = 25
"""API Gateway hangs up after 30."""

app = Router(authorize=auth.require_service)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if "requestContext" in event:
        return app.serve(event, context)
    if "Records" in event:
        return drain(event, context)
    return run(_time_left(context)).model_dump(mode="json")


@app.post("/functions/v1/send-notifications", summary="Deliver what is due", tags=["Jobs"])
def send_notifications() -> DeliveryAnswer:
    """Deliver what is due, at most 100."""
    auth.require_service(app.current_event.raw_event)
    return run(_time_left(app.lambda_context, HTTP_SECONDS))


def run(has_time: Callable[[], bool]) -> DeliveryAnswer:
    """One sweep. A run whose time is over is no failure: the rest is at the queue or waits for the next one."""
    counts = service.sweep(_ways(has_time), hand_off)
    logger.info("notifications_swept", counts=dict(counts))
    return _answer(counts)


def drain(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Deliver what the messages of a batch name; a message that fails comes again alone."""
    ways = _ways(_time_left(context))
    failed: list[str] = []
    for record in event["Records"]:
        with correlated(_cause_of(record)):
            if not _drained(ways, record):
                failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _cause_of(record: dict[str, Any]) -> str | None:
    """What caused the message, as `shared.notifications.handoff` wrote it; SES says nothing of the kind."""
    return ((record.get("messageAttributes") or {}).get(CORRELATION) or {}).get("stringValue")


def _drained(ways: service.DeliveryPorts, record: dict[str, Any]) -> bool:
    try:
        complete = _handle(ways, feedback.MESSAGE.validate_json(record["body"]))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's alone: SQS retries, the DLQ keeps it
        log_failure(error)
        return False
    return complete


def _handle(ways: service.DeliveryPorts, message: NotificationBatch | feedback.Bounce | feedback.Complaint) -> bool:
    """False when there was no time for all of it."""
    if not isinstance(message, NotificationBatch):
        with ways.transact() as conn:
            feedback.learn(conn, message)
        logger.info("mail_event_learnt", mail_event=message.event)
        return True
    outcome = service.deliver(ways, message.ids, len(message.ids))
    logger.info("notifications_drained", complete=outcome.complete, counts=dict(outcome.counts))
    return outcome.complete


def _answer(counts: Counter[str]) -> DeliveryAnswer:
    return DeliveryAnswer(processed=DeliveryCounts(**counts), total=counts.total())


def _ways(has_time: Callable[[], bool]) -> service.DeliveryPorts:
    def push_to_connected(rows: Sequence[InboxRow]) -> None:
        if settings().realtime_endpoint:
            push.push(_transaction, push.post_to_connection, has_time, rows)

    return service.DeliveryPorts(transact=_transaction, senders=SENDERS, push=push_to_connected, has_time=has_time)


def _transaction() -> AbstractContextManager[db.Connection]:
    return db.transaction(SERVICE)


def _time_left(context: LambdaContext, at_most: float = float("inf")) -> Callable[[], bool]:
    left = min(context.get_remaining_time_in_millis() / 1000, at_most)
    deadline = time.monotonic() + left - LONGEST_ATTEMPT_SECONDS
    return lambda: time.monotonic() < deadline
