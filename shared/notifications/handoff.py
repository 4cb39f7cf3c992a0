"""The hand-off of queued notifications to SQS, after their transaction has committed."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.config import settings
from shared.log import correlation_id, logger

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

IDS_PER_MESSAGE = 25
MESSAGES_PER_CALL = 10
HANDED_OFF_AT_ONCE = 5000
"""As many ids as SQS takes within the time of one request; the sweep hands over the rest."""
CORRELATION = "correlationId"
"""The attribute of a message that says what caused it; the body is the same for whoever caused it."""


@cache
def _client() -> "SQSClient":
    import boto3  # noqa: PLC0415 - 300 ms that a function with nothing to say never pays
    from botocore.config import Config  # noqa: PLC0415

    # Whoever hands over has an answer to give: the sweep is there for a queue that is slow.
    limits = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    return boto3.client("sqs", config=limits)


def messages(ids: Sequence[UUID]) -> Iterator[tuple[list[UUID], str]]:
    """The bodies of the SQS messages that carry these ids, each with the ids it carries."""
    for chunk in batched(ids, IDS_PER_MESSAGE, strict=False):
        yield list(chunk), json.dumps({"ids": [str(notification) for notification in chunk]})


def hand_off(ids: Sequence[UUID]) -> list[UUID]:
    """Tell the queue's reader about these notifications; returns those it could not be told, which the sweep finds."""
    if not ids:
        return []
    refused: list[UUID] = []
    calls = list(batched(messages(ids), MESSAGES_PER_CALL, strict=False))
    for number, call in enumerate(calls):
        sent = _send([body for _, body in call])
        if sent is None:  # the queue is unreachable: the next call would only wait for it again
            refused += [each for later in calls[number:] for chunk, _ in later for each in chunk]
            break
        refused += [each for accepted, (chunk, _) in zip(sent, call, strict=True) if not accepted for each in chunk]
    if refused:
        logger.warning("hand_off_refused", notifications=len(refused))
    return refused


def _send(bodies: Sequence[str]) -> list[bool] | None:
    """Which of at most ten messages the queue took; None when it cannot be reached."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    caused_by = correlation_id()
    attributes = {CORRELATION: {"DataType": "String", "StringValue": caused_by}} if caused_by else {}
    entries: list[Any] = [
        {"Id": str(n), "MessageBody": body, "MessageAttributes": attributes} for n, body in enumerate(bodies)
    ]
    try:
        answer = _client().send_message_batch(QueueUrl=settings().notification_queue_url, Entries=entries)
    except (BotoCoreError, ClientError) as error:
        logger.warning("hand_off_failed", error=type(error).__name__)
        return None
    failed = {each["Id"] for each in answer.get("Failed", [])}
    return [entry["Id"] not in failed for entry in entries]
