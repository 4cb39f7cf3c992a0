"""Who attends a course: present now, joined, minutes, no-shows; as JSON and for a spreadsheet."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_courses.attendance import queries
from functions.admin_courses.attendance.models import AttendanceReport, Attendee
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.db import Connection
from shared.errors import NotFound
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, read_cursor
from shared.refusals import answers
from shared.spreadsheets import CONTENT_TYPE, MOST_ROWS, model_sheet

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/events/<event_id>/attendance"


@routes.get(
    PATH,
    summary="Who attends a course",
    tags=["Admin"],
    responses={
        200: {
            "description": "OK",
            "content": {"application/json": {"model": AttendanceReport}, "text/csv": {"schema": {"type": "string"}}},
        },
        **answers(not_found=404),
    },
)
def show_attendance(
    event_id: Annotated[UUID, Path()],
    format: Annotated[Literal["json", "csv"], Query()] = "json",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response[AttendanceReport | str]:
    """The summary is of everybody, `attendees` is a page of them; `format=csv` answers with all of them as `text/csv`.

    Times of the CSV are in UTC.
    """
    admin = administrator_of(routes.current_event.raw_event)
    now = clock.now()
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        if not queries.event_exists(conn, event_id):
            raise NotFound("event")
        if format == "csv":
            return _attendance_csv(conn, event_id, now)
        report = _attendance_report(conn, event_id, now, cursor=cursor, limit=limit)
    return Response(status_code=200, content_type="application/json", body=report)


def _attendance_report(
    conn: Connection, event_id: UUID, now: datetime, *, cursor: str | None, limit: int
) -> AttendanceReport:
    found = queries.list_attendees(conn, event_id, now, after=read_cursor(cursor), limit=limit + 1)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return AttendanceReport(
        summary=queries.summarize_attendance(conn, event_id, now),
        attendees=[attendee for _, attendee in page],
        next_cursor=cursor_after(last[0], last[1].registration_id) if last else None,
    )


def _attendance_csv(conn: Connection, event_id: UUID, now: datetime) -> Response[AttendanceReport | str]:
    found = queries.list_attendees(conn, event_id, now, after=None, limit=MOST_ROWS)
    text = model_sheet(Attendee, (attendee for _, attendee in found))
    headers = {"Content-Disposition": f'attachment; filename="attendance-{event_id}.csv"'}
    return Response(status_code=200, content_type=CONTENT_TYPE, body=text, headers=headers)
