"""GET /functions/v1/events and /functions/v1/events/{id}: published courses with their seats left."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime

from functions.events import service
from functions.events.models import EventAnswer, EventCategory, EventFilters, EventList, EventStatus
from shared import db
from shared.actors import ANONYMOUS
from shared.invocations import invocation
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers
from shared.routing import Router

app = Router()


@app.get("/functions/v1/events", summary="Courses on sale, the soonest first", tags=["Events"])
def list_events(
    status: Annotated[
        EventStatus | None, Query(description="Only courses in this state; without it, `upcoming` and `ongoing`.")
    ] = None,
    category: Annotated[EventCategory | None, Query(description="Only courses of this kind.")] = None,
    instructor: Annotated[
        str | None, Query(max_length=200, description="Only courses of this teacher, by the whole name.")
    ] = None,
    from_time: Annotated[
        AwareDatetime | None, Query(alias="from", description="Only courses that start at this time or later.")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Only courses that start before this time.")] = None,
    max_price: Annotated[
        int | None,
        Query(alias="maxPrice", ge=0, le=10**15, description="Only courses of at most this price, in minor units."),
    ] = None,
    free: Annotated[bool | None, Query(description="Only free courses, or only others.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> EventList:
    """Drafts are not in it. Seats left are as of now and may be gone a moment later."""
    which = EventFilters(
        status=status,
        category=category,
        instructor=instructor,
        from_time=from_time,
        until=until,
        max_price=max_price,
        free=free,
    )
    with db.transaction(ANONYMOUS, read_only=True) as conn:
        return service.list_events(conn, which, cursor=cursor, limit=limit)


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
