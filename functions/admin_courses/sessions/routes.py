"""The live sessions of a course: plan, change, remove."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_courses.sessions import service
from functions.admin_courses.sessions.models import NewSession, Session, SessionAnswer, SessionChange, SessionList
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.notifications.handoff import HANDED_OFF_AT_ONCE, hand_off
from shared.refusals import answers
from shared.routing import created

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/events/<event_id>/sessions"
TAGS = ["Admin"]
UNAUDITED_FIELDS = {"id", "event_id", "attended"}


@routes.get(PATH, summary="The live sessions of a course", tags=TAGS, responses=answers(200, not_found=404))
def list_sessions(event_id: Annotated[UUID, Path()]) -> SessionList:
    """In their order."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return SessionList(sessions=service.list_sessions(conn, event_id))


@routes.post(
    PATH,
    summary="Plan a live session",
    tags=TAGS,
    responses=answers(
        201, not_found=404, event_over=409, outside_course=409, session_overlap=409, session_attended=409
    ),
)
def plan_session(event_id: Annotated[UUID, Path()], body: NewSession) -> Response[SessionAnswer]:
    """The first one takes the place of the session that a course comes with, which lasts as long as the course."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        session, replaced = service.plan(conn, event_id, body)
        old = _audited(replaced) if replaced else None
        admin.record(conn, "session.plan", "session", session.id, old=old, new=_audited(session))
    return created(SessionAnswer(session=session))


@routes.patch(
    f"{PATH}/<session_id>",
    summary="Change a live session",
    tags=TAGS,
    responses=answers(
        200,
        not_found=404,
        event_over=409,
        outside_course=409,
        session_overlap=409,
        session_attended=409,
        session_over=409,
    ),
)
def change_session(
    event_id: Annotated[UUID, Path()], session_id: Annotated[UUID, Path()], body: SessionChange
) -> SessionAnswer:
    """One that was attended keeps its start. Whoever has a seat is told when it moves, and reminded of the new time."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        old, new = service.change(conn, event_id, session_id, body, clock.now())
        if old != new:
            admin.record(conn, "session.change", "session", session_id, old=_audited(old), new=_audited(new))
    hand_off(conn.enqueued[:HANDED_OFF_AT_ONCE])
    return SessionAnswer(session=new)


@routes.delete(
    f"{PATH}/<session_id>",
    summary="Remove a live session",
    tags=TAGS,
    responses=answers(200, not_found=404, event_over=409, session_attended=409, only_session=409),
)
def remove_session(event_id: Annotated[UUID, Path()], session_id: Annotated[UUID, Path()]) -> SessionAnswer:
    """Answers with what was removed. Whoever has a seat is told, and the entry leaves their calendars."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        removed = service.remove(conn, event_id, session_id, clock.now())
        admin.record(conn, "session.remove", "session", session_id, old=_audited(removed))
    hand_off(conn.enqueued[:HANDED_OFF_AT_ONCE])
    return SessionAnswer(session=removed)


def _audited(session: Session) -> dict[str, object]:
    return session.model_dump(mode="json", by_alias=False, exclude=UNAUDITED_FIELDS)
