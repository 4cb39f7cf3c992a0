"""POST /functions/v1/analytics-events: what people do, told by their clients in batches, with or without a token.

The route is public, so a token is verified here where there is one.
"""

from typing import Any

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.analytics_events import service
from functions.analytics_events.models import BatchReport, EventBatch, RejectedEvent
from functions.analytics_events.service import EventSource
from shared import actors, clock, db, tokens
from shared.errors import Invalid
from shared.invocations import invocation
from shared.log import logger
from shared.refusals import answers
from shared.routing import Router

app = Router()


@app.post(
    "/functions/v1/analytics-events",
    summary="Keep what a user or an anonymous visitor did",
    tags=["Analytics"],
    responses=answers(
        200, not_json=400, unauthenticated=401, body_too_large=413, invalid=422, session_needed=422, too_many_events=429
    ),
)
def track(body: EventBatch) -> BatchReport:
    """At most 100 events, each at most 7 days old; of a batch with wrong events the others are kept.

    422 when all of them are wrong. With a token they are the user's; without one `sessionId` is needed. 429 when a
    user, a session, an address or all visitors together have sent more in this hour than is kept.
    Retry the whole batch: events whose `id` has come before are counted as duplicates.
    """
    source = _source(body)
    now = clock.now()
    events, rejected = service.read(body.events, source, now)
    if not events:
        raise RequestValidationError(_errors(rejected))
    actor = actors.user(source.user_id) if source.user_id else actors.ANONYMOUS
    with db.transaction(actor) as conn:
        accepted = service.keep(conn, source, events, now)
    logger.info("events_tracked", accepted=accepted, rejected=len(rejected), anonymous=source.user_id is None)
    return BatchReport(accepted=accepted, duplicates=len(events) - accepted, rejected=rejected)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


def _source(body: EventBatch) -> EventSource:
    event = app.current_event.raw_event
    address = str(event["requestContext"]["http"]["sourceIp"])
    bearer = tokens.bearer_of(event)
    if bearer is not None:
        return EventSource(tokens.verify(bearer).user_id, body.session_id, address)
    if body.session_id is None:
        raise Invalid("Without a token, events need a sessionId.", code="session_needed")
    return EventSource(None, body.session_id, address)


def _errors(rejected: list[RejectedEvent]) -> list[dict[str, Any]]:
    return [
        {"type": "value_error", "loc": ("body", "events", each.index, error["field"]), "msg": error["message"]}
        for each in rejected
        for error in each.errors
    ]
