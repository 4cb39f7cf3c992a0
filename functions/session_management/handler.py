"""Live sessions: /functions/v1/session-management?action=checkin|checkout|history, joining, and the calendar feed."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.session_management import service
from functions.session_management.device import device_of
from functions.session_management.joining.routes import routes as joining
from functions.session_management.models import AttendanceAnswer, AttendanceHistory, CheckIn, CheckOut
from shared import auth, clock, db
from shared.actors import service_for, user
from shared.config import settings
from shared.errors import Invalid
from shared.invocations import invocation
from shared.log import logger
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers
from shared.routing import Router

app = Router()
app.include_router(joining)
PATH = "/functions/v1/session-management"


@app.post(
    PATH,
    summary="Check in to a live session, or out of it",
    tags=["Sessions"],
    responses=answers(
        200,
        201,
        payment_incomplete=403,
        not_registered=404,
        not_checked_in=404,
        event_cancelled=409,
        too_early=409,
        session_over=409,
        checked_out=409,
        invalid=422,
    ),
)
def move(
    action: Annotated[Literal["checkin", "checkout"], Query(description="What to do.")], body: CheckIn | CheckOut
) -> Response[AttendanceAnswer]:
    """`checkin` takes `{registrationId, eventId}` and answers 201, 200 while checked in already.

    `checkout` takes `{attendanceId}`; checking out again changes nothing. A stay that is not ended ends with its
    session.
    """
    user_id = auth.caller(app.current_event.raw_event)
    now, device = clock.now(), device_of(app.current_event.raw_event)
    with db.transaction(service_for(user_id)) as conn:
        match action, body:
            case "checkin", CheckIn():
                opens = timedelta(minutes=settings().checkin_opens_minutes)
                attendance, is_new = service.check_in(conn, user_id, body, device, opens=opens, now=now)
            case "checkout", CheckOut():
                attendance, is_new = service.check_out(conn, user_id, body.attendance_id, now), False
            case _:
                raise Invalid(f"The body does not fit the action {action}.")
    logger.info("attendance_changed", action=action, attendance_id=str(attendance.id), is_new=is_new)
    return Response(
        status_code=201 if is_new else 200,
        content_type="application/json",
        body=AttendanceAnswer(attendance=attendance),
    )


@app.get(PATH, summary="The caller's attendance, the newest first", tags=["Sessions"])
def list_history(
    action: Annotated[Literal["history"], Query(description="What to do.")],
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> AttendanceHistory:
    """One entry for each stay; coming back makes another one."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return service.list_history(conn, user_id, cursor=cursor, limit=limit)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
