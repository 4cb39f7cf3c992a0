"""What surrounds every handler: one correlation id in its log lines, its metrics at its end, no message of an error."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import log, metrics
from shared.config import settings
from shared.errors import AppError


class InvocationFailed(Exception):
    """The name of an error that nothing handled, which is all that Lambda gets to see and so writes into the log."""


def invocation[Answer](
    handler: Callable[[dict[str, Any], LambdaContext], Answer],
) -> Callable[[dict[str, Any], LambdaContext], Answer]:
    """Decorate a `lambda_handler`. Raises Failed for whatever is no AppError: messages quote rows, bodies and URLs."""

    @wraps(handler)
    def surrounded(event: dict[str, Any], context: LambdaContext) -> Answer:
        correlation_id = correlation_id_of(event, context)
        stage, function = settings().stage, context.function_name
        with (
            log.correlated(correlation_id, stage=stage, function_name=function),
            metrics.written(stage=stage, function_name=function, correlation_id=correlation_id),
        ):
            try:
                return handler(event, context)
            except AppError:
                raise
            except Exception as error:  # noqa: BLE001 - it goes on, without its message
                log.log_failure(error)
                raise InvocationFailed(type(error).__name__) from None

    return surrounded


def correlation_id_of(event: Mapping[str, Any], context: LambdaContext) -> str:
    """API Gateway's id of the request, else Lambda's of the invocation by a schedule, a queue or a trigger."""
    request_id = (event.get("requestContext") or {}).get("requestId")
    return str(request_id or context.aws_request_id)
