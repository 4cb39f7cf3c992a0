"""What surrounds every handler: its log lines carry one correlation id, and what it measures is written at its end."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import log, metrics
from shared.config import settings


def invocation[Answer](
    handler: Callable[[dict[str, Any], LambdaContext], Answer],
) -> Callable[[dict[str, Any], LambdaContext], Answer]:
    """Decorate a `lambda_handler`."""

    @wraps(handler)
    def surrounded(event: dict[str, Any], context: LambdaContext) -> Answer:
        correlation_id = correlation_id_of(event, context)
        stage, function = settings().stage, context.function_name
        with (
            log.correlated(correlation_id, stage=stage, function_name=function),
            metrics.written(stage=stage, function_name=function, correlation_id=correlation_id),
        ):
            return handler(event, context)

    return surrounded


def correlation_id_of(event: Mapping[str, Any], context: LambdaContext) -> str:
    """API Gateway's id of the request, else Lambda's of the invocation by a schedule, a queue or a trigger."""
    request_id = (event.get("requestContext") or {}).get("requestId")
    return str(request_id or context.aws_request_id)
