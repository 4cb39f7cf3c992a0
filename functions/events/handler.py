"""GET /functions/v1/events and /functions/v1/events/{id}: published courses with their seats left."""

from typing import Annotated, Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.events import service
from functions.events.models import EventAnswer, EventList
from shared import db
from shared.actors import ANONYMOUS
from shared.invocations import invocation
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers
from shared.routing import Router

app = Router()


@app.get("/functions/v1/events", summary="Published courses, the soonest first", tags=["Events"])
def list_events(
    status: Annotated[
        Literal["upcoming", "ongoing", "completed", "cancelled"] | None,
        Query(description="Only courses in this state."),
    ] = None,
    category: Annotated[
        Literal["technical", "non_technical"] | None, Query(description="Only courses of this kind.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> EventList:
    """Drafts are not in it. Seats left are as of now and may be gone a moment later."""
    with db.transaction(ANONYMOUS, read_only=True) as conn:
        return service.list_events(conn, status=status, category=category, cursor=cursor, limit=limit)


@app.get(
    "/functions/v1/events/<event_id>",
    summary="One published course",
    tags=["Events"],
    responses=answers(200, not_found=404),
)
def get_event(event_id: Annotated[UUID, Path()]) -> EventAnswer:
    """With its live sessions. A draft is a 404."""
    with db.transaction(ANONYMOUS, read_only=True) as conn:
        return EventAnswer(event=service.find_event(conn, event_id))


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
