"""The log of a function: one structured line an outcome, ids as fields, never what people wrote or own."""

import traceback

from aws_lambda_powertools import Logger

logger = Logger(use_rfc3339=True)


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
