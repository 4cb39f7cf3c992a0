"""The ratings and comments of a course."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_courses.attendance.queries import event_exists
from functions.admin_courses.feedback import queries
from functions.admin_courses.feedback.models import CourseFeedbackList
from shared import db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.errors import NotFound
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, read_cursor
from shared.refusals import answers

routes = APIGatewayHttpRouter()


@routes.get(
    "/functions/v1/admin/events/<event_id>/feedback",
    summary="What students say about a course",
    tags=["Admin"],
    responses=answers(200, not_found=404),
)
def list_feedback(
    event_id: Annotated[UUID, Path()],
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> CourseFeedbackList:
    """The newest first, with comments."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        if not event_exists(conn, event_id):
            raise NotFound("event")
        found = queries.list_feedback(conn, event_id, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return CourseFeedbackList(feedback=page, next_cursor=cursor_after(last.created_at, last.id) if last else None)
