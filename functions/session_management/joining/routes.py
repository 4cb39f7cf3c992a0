"""The next sessions, joining them, and the calendar feed."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.session_management.device import device_of
from functions.session_management.joining import join_page, queries, service
from functions.session_management.joining.models import CalendarLink, CalendarRevocation, JoiningSeat, NextSessions
from shared import auth, clock, db, languages, links, tokens
from shared.actors import SERVICE, service_for
from shared.errors import AppError, NotFound, Unauthenticated
from shared.log import logger
from shared.pages import HEADERS
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers, published

routes = APIGatewayHttpRouter()
TAGS = ["Sessions"]
ICS = "text/calendar; charset=utf-8"
ADMITTED: dict[int, Any] = {302: {"description": "`Location` is the meeting", "content": {}}}
REFUSED: dict[int, Any] = answers(
    unauthenticated=401,
    payment_incomplete=403,
    not_found=404,
    not_registered=404,
    event_cancelled=409,
    too_early=409,
    too_late=409,
    meeting_missing=409,
    checked_out=409,
)
PAGE = {"text/html": {"schema": {"type": "string"}}}
JOINING = ADMITTED | {status: answer | {"content": answer["content"] | PAGE} for status, answer in REFUSED.items()}
"""A browser gets a refusal as a page."""


@routes.get("/functions/v1/sessions", summary="The caller's next live sessions", tags=TAGS)
def list_sessions(limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT) -> NextSessions:
    """Those that are not over, the soonest first, each with the caller's own link to join."""
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(service_for(user_id), read_only=True) as conn:
        return NextSessions(sessions=service.next_sessions(conn, user_id, limit, clock.now()))


@routes.get(
    "/functions/v1/sessions/<session_id>/join",
    summary="Join a live session",
    tags=TAGS,
    responses=JOINING,
)
def join_session(
    session_id: Annotated[UUID, Path()],
    token: Annotated[str | None, Query(max_length=200, description="The token of a seat's own link.")] = None,
) -> Response[str]:
    """Checks in and redirects to the meeting: for a seat's own link, or with a bearer token.

    Open from minutes before the start (15, unless the platform is configured otherwise) until the session's end; a
    browser gets a page that says when.
    """
    seat = None
    try:
        seat = _seat(session_id, token)
        now, device = clock.now(), device_of(routes.current_event.raw_event)
        with db.transaction(service_for(seat.user_id)) as conn:
            address = service.join(conn, seat, device, now)
    except AppError as refused:
        if "text/html" not in routes.current_event.headers.get("accept", ""):
            raise
        return _refusal_page(refused, seat)
    logger.info("session_joined", session_id=str(session_id), registration_id=str(seat.registration_id))
    return Response(302, "text/plain", "", headers={"Location": address, **HEADERS})


@routes.get(
    "/functions/v1/calendar/<token>",
    summary="The calendar feed of a person's sessions",
    tags=TAGS,
    responses=published("text/calendar") | answers(not_found=404),
)
def show_calendar(token: Annotated[str, Path(max_length=200)]) -> Response[str]:
    """iCalendar (RFC 5545), for a calendar to subscribe to: `token` is the link's last part, `.ics` included."""
    user_id, generation = links.feed_of(token)
    with db.transaction(SERVICE, read_only=True) as conn:
        feed = service.feed(conn, user_id, generation, clock.now())
    return Response(200, ICS, feed.decode(), headers={"Cache-Control": "private, max-age=300"})


@routes.post(
    "/functions/v1/me/calendar",
    summary="The link of the caller's calendar feed",
    tags=TAGS,
    responses=answers(200, profile_missing=409),
)
def make_calendar_link() -> CalendarLink:
    """The same link until it is revoked; mails carry it too."""
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(service_for(user_id), read_only=True) as conn:
        return CalendarLink(url=service.calendar_url(conn, user_id))


@routes.delete("/functions/v1/me/calendar", summary="Revoke the calendar feed's links", tags=TAGS)
def revoke_calendar_links() -> CalendarRevocation:
    """Every link of the caller's feed stops working, those of mails too; the next `POST` makes a new one."""
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(service_for(user_id)) as conn:
        queries.end_calendar_links(conn, user_id)
    logger.info("calendar_links_revoked", user_id=str(user_id))
    return CalendarRevocation()


def _seat(session_id: UUID, token: str | None) -> JoiningSeat:
    bearer = tokens.bearer_of(routes.current_event.raw_event) if token is None else None
    if token is None and bearer is None:
        raise Unauthenticated("A seat's own link, or a bearer token, is needed.")
    registration_id = links.seat_of_join(session_id, token) if token is not None else None
    user_id = tokens.verify(bearer).user_id if bearer is not None else None
    with db.transaction(SERVICE, read_only=True) as conn:
        return service.find_seat(conn, session_id, registration_id=registration_id, user_id=user_id)


def _refusal_page(refused: AppError, seat: JoiningSeat | None) -> Response[str]:
    if seat is None:
        language = languages.negotiated(routes.current_event.headers.get("accept-language"))
        body = join_page.unknown(language) if isinstance(refused, NotFound) else join_page.refused(language, refused)
    else:
        body = join_page.of(seat, refused)
    return Response(refused.status, "text/html; charset=utf-8", body, headers=HEADERS)
