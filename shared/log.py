"""The log of a function: one structured line an outcome, ids as fields, never what people wrote or own."""

import traceback
from collections.abc import Generator
from contextlib import contextmanager

from aws_lambda_powertools import Logger

logger = Logger(use_rfc3339=True)
MAX_ID_LENGTH = 200


@contextmanager
def correlated(caused_by: str | None, **fields: str) -> Generator[None]:
    """Every line of the block carries this id, by which the lines of one request, schedule or message are found.

    None keeps the id there is.
    """
    before = logger.thread_safe_get_current_keys()
    found_by = {"correlation_id": caused_by[:MAX_ID_LENGTH]} if caused_by else {}
    logger.thread_safe_append_keys(**found_by, **fields)
    try:
        yield
    finally:
        logger.thread_safe_clear_keys()
        logger.thread_safe_append_keys(**before)


def correlation_id() -> str | None:
    """The id that lines carry here; none outside of an invocation."""
    return logger.thread_safe_get_current_keys().get("correlation_id")


def log_failure(error: Exception) -> None:
    """Write down where an unexpected error came from, without its message: messages quote rows and bodies."""
    frames = traceback.extract_tb(error.__traceback__)
    logger.error(
        "request_failed",
        error=type(error).__name__,
        sqlstate=getattr(error, "sqlstate", None),
        cause=type(error.__cause__).__name__ if error.__cause__ else None,
        stack=[f"{frame.filename.rsplit('/python/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    )
