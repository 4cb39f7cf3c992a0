"""The hand-off of queued notifications to SQS, after their transaction has committed."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.config import settings
from shared.log import logger

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

IDS_PER_MESSAGE = 25
MESSAGES_PER_CALL = 10


@cache
def _client() -> "SQSClient":
    import boto3  # noqa: PLC0415 - 300 ms that a function with nothing to say never pays

    return boto3.client("sqs")


def messages(ids: Sequence[UUID]) -> Iterator[str]:
    """The bodies of the SQS messages that carry these ids."""
    for chunk in batched(ids, IDS_PER_MESSAGE, strict=False):
        yield json.dumps({"ids": [str(notification) for notification in chunk]})


def hand_off(ids: Sequence[UUID]) -> None:
    """Tell the queue's reader about these notifications. What cannot be handed over now, the sweep finds."""
    if not ids:
        return
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        for chunk in batched(messages(ids), MESSAGES_PER_CALL, strict=False):
            entries: list[Any] = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(chunk)]
            answer = _client().send_message_batch(QueueUrl=settings().notification_queue_url, Entries=entries)
            if refused := answer.get("Failed"):
                logger.warning("hand_off_refused", messages=len(refused))
    except (BotoCoreError, ClientError) as error:
        logger.warning("hand_off_failed", error=type(error).__name__, notifications=len(ids))
