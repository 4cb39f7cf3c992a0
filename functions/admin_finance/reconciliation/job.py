"""Invokes `payment_reconciliation`, which has Razorpay's keys. A lost call delays a run by 15 minutes at most."""

from functools import cache
from typing import Any

from shared.config import settings
from shared.log import logger


@cache
def _client() -> Any:
    import boto3  # noqa: PLC0415 - 300 ms that only whoever starts a run pays
    from botocore.config import Config  # noqa: PLC0415

    limits = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2})
    client: Any = boto3.client("lambda", config=limits)  # pyright: ignore[reportUnknownMemberType]
    return client


def invoke() -> None:
    """Make the job continue unfinished runs now; its schedule does so every 15 minutes."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        _client().invoke(
            FunctionName=settings().reconciliation_function,
            InvocationType="Event",
            Payload=b'{"source": "schedule", "job": "payment-reconciliation"}',
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("reconciliation_not_invoked", error=type(error).__name__)
