"""The queue of a course, as its administrators see it."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_courses.attendance.queries import event_exists
from functions.admin_courses.waitlist import queries
from functions.admin_courses.waitlist.models import WaitingPersonList, WaitlistStatus
from shared import db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.errors import NotFound
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, read_cursor
from shared.refusals import answers

routes = APIGatewayHttpRouter()


@routes.get(
    "/functions/v1/admin/events/<event_id>/waitlist",
    summary="Who waits for a seat in a course",
    tags=["Admin"],
    responses=answers(200, not_found=404),
)
def list_waiting(
    event_id: Annotated[UUID, Path()],
    status: Annotated[WaitlistStatus | None, Query(description="Only places in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> WaitingPersonList:
    """In the order of joining, also those who have a seat by now or have left."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        if not event_exists(conn, event_id):
            raise NotFound("event")
        found = queries.list_waiting(conn, event_id, status, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return WaitingPersonList(waitlist=page, next_cursor=cursor_after(last.joined_at, last.id) if last else None)
