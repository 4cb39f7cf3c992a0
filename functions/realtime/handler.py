"""The WebSocket API: a user's connection opens with an access token, and new inbox rows are pushed to it.

Nothing is expected from the client; what it says is acknowledged and ignored. Pushing is send-notifications' part.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.realtime import queries, service
from functions.realtime.models import SocketEvent
from shared import clock, db, tokens
from shared.actors import SERVICE, service_for
from shared.errors import AppError
from shared.invocations import invocation
from shared.log import logger
from shared.problems import problem_response


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = SocketEvent.model_validate(event)
    connection_id = request.request_context.connection_id
    try:
        if request.request_context.route_key == "$connect":
            connect(connection_id, request.token)
        elif request.request_context.route_key == "$disconnect":
            with db.transaction(SERVICE) as conn:
                queries.delete_connection(conn, connection_id)
    except AppError as refusal:
        logger.warning("connection_refused", status=refusal.status, code=refusal.code)
        return problem_response(refusal, request.request_context.request_id)
    return {"statusCode": 200}


def connect(connection_id: str, token: str) -> None:
    """Raises Unauthenticated, Forbidden or Unavailable, which refuse the connection."""
    caller = tokens.verify(token)
    with db.transaction(service_for(caller.user_id)) as conn:
        service.connect(conn, connection_id, caller, clock.now())
    logger.info("connection_opened", connection_id=connection_id)
