"""Courses: create a draft, publish it, change it, cancel it for everybody."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_courses.events import queries, service
from functions.admin_courses.events.models import (
    CancellationAnswer,
    Event,
    EventAnswer,
    EventCancellationRequest,
    EventChange,
    EventList,
    EventStatus,
    NewEvent,
)
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.cancellations.service import cancel_remaining
from shared.errors import Conflict
from shared.log import logger
from shared.notifications.handoff import HANDED_OFF_AT_ONCE, hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.preconditions import IfMatch
from shared.refusals import answers
from shared.routing import created

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/events"
RESERVED_MS = 8_000
"""Time for one page of a cancellation and the answer."""


@routes.post(PATH, summary="Create a draft course", tags=["Admin"], status_code=201)
def create_event(body: NewEvent) -> Response[EventAnswer]:
    """Nobody sees it until it is published."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        event = queries.insert_event(conn, body)
        assert event is not None
        admin.record(conn, "event.create", "event", event.id, new=event.model_dump(mode="json"))
    return created(EventAnswer(event=event))


@routes.get(PATH, summary="Courses in every state, the latest start first", tags=["Admin"])
def list_events(
    status: Annotated[EventStatus | None, Query(description="Only courses in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> EventList:
    """Drafts, too."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_events(conn, status, cursor=cursor, limit=limit)


@routes.get(f"{PATH}/<event_id>", summary="One course", tags=["Admin"], responses=answers(200, not_found=404))
def get_event(event_id: Annotated[UUID, Path()]) -> Response[EventAnswer]:
    """Drafts, too."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return _tagged(service.find_event(conn, event_id))


@routes.patch(
    f"{PATH}/<event_id>",
    summary="Change a course",
    tags=["Admin"],
    responses=answers(
        200,
        not_found=404,
        event_over=409,
        capacity_below_taken=409,
        session_attended=409,
        sessions_outside=409,
        terms_agreed=409,
        start_in_past=409,
        changed_meanwhile=412,
        invalid=422,
    ),
)
def change_event(
    event_id: Annotated[UUID, Path()], body: EventChange, if_match: IfMatch = None
) -> Response[EventAnswer]:
    """Omitted fields stay unchanged. Additional seats are offered to the waitlist.

    When both times move by as much, the planned sessions move along; else they stay and must fit. Whoever has a seat
    is told, with new calendar entries.
    """
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        service.require_unchanged(conn, event_id, if_match)
        old, new = service.change(conn, event_id, body, clock.now())
        before, after = _differences(old, new)
        if after:
            admin.record(conn, "event.change", "event", event_id, old=before, new=after)
    hand_off(conn.enqueued[:HANDED_OFF_AT_ONCE])
    return _tagged(new)


@routes.post(
    f"{PATH}/<event_id>/publish",
    summary="Put a draft on sale",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_a_draft=409, changed_meanwhile=412),
)
def publish_event(event_id: Annotated[UUID, Path()], if_match: IfMatch = None) -> Response[EventAnswer]:
    """Takes effect at once; the course is public from then on."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        service.require_unchanged(conn, event_id, if_match)
        event = queries.publish_event(conn, event_id)
        if event is None:
            service.find_event(conn, event_id)
            raise Conflict("Only a draft can be published.", code="not_a_draft")
        admin.record(conn, "event.publish", "event", event_id, old={"status": "draft"}, new={"status": "upcoming"})
    return _tagged(event)


@routes.post(
    f"{PATH}/<event_id>/unpublish",
    summary="Take a course off the sale",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_on_sale=409, event_booked=409, changed_meanwhile=412),
)
def unpublish_event(event_id: Annotated[UUID, Path()], if_match: IfMatch = None) -> Response[EventAnswer]:
    """Back to a draft, as long as nobody was ever registered or waited for it; else it can only be cancelled."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        service.require_unchanged(conn, event_id, if_match)
        event = service.unpublish(conn, event_id)
        admin.record(conn, "event.unpublish", "event", event_id, old={"status": "upcoming"}, new={"status": "draft"})
    return _tagged(event)


@routes.delete(
    f"{PATH}/<event_id>",
    summary="Delete a draft",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_a_draft=409, event_has_recordings=409, changed_meanwhile=412),
)
def delete_event(event_id: Annotated[UUID, Path()], if_match: IfMatch = None) -> EventAnswer:
    """Answers with what was deleted, which the audit log keeps."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        service.require_unchanged(conn, event_id, if_match)
        event = service.delete_draft(conn, event_id)
        admin.record(conn, "event.delete", "event", event_id, old=event.model_dump(mode="json", by_alias=False))
    return EventAnswer(event=event)


@routes.post(
    f"{PATH}/<event_id>/cancel",
    summary="Cancel a course and refund everybody",
    tags=["Admin"],
    responses=answers(200, not_found=404, event_over=409, changed_meanwhile=412),
)
def cancel_event(
    event_id: Annotated[UUID, Path()], body: EventCancellationRequest, if_match: IfMatch = None
) -> CancellationAnswer:
    """Takes effect at once; students are cancelled, refunded and notified page by page.

    A schedule finishes the rest within minutes, as does a repeated request; `cancellation` shows the progress.
    """
    admin = administrator_of(routes.current_event.raw_event)
    actor = administrator(admin.id)
    now = clock.now()
    with db.transaction(actor) as conn:
        service.require_unchanged(conn, event_id, if_match)
        old = service.cancel(conn, event_id, body.reason, now)
        if old is not None:
            new = {"status": "cancelled", "cancel_reason": body.reason}
            admin.record(conn, "event.cancel", "event", event_id, old={"status": old.status}, new=new)
    context = routes.lambda_context
    finished = cancel_remaining(actor, event_id, now, lambda: context.get_remaining_time_in_millis() > RESERVED_MS)
    logger.info("event_cancelled", event_id=str(event_id), finished=finished)
    return _show_cancellation(admin.id, event_id)


@routes.get(
    f"{PATH}/<event_id>/cancellation",
    summary="Progress of a cancellation",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_cancelled=409),
)
def get_cancellation(event_id: Annotated[UUID, Path()]) -> CancellationAnswer:
    """Poll it until `done`."""
    return _show_cancellation(administrator_of(routes.current_event.raw_event).id, event_id)


def _tagged(event: Event) -> Response[EventAnswer]:
    headers = {"ETag": service.etag(event)}
    return Response(200, content_type="application/json", body=EventAnswer(event=event), headers=headers)


def _show_cancellation(admin_id: UUID, event_id: UUID) -> CancellationAnswer:
    with db.transaction(administrator(admin_id), read_only=True) as conn:
        return service.cancellation_progress(conn, event_id)


def _differences(old: Event, new: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    before, after = (event.model_dump(mode="json", by_alias=False, exclude={"seats_taken"}) for event in (old, new))
    changed = [name for name in after if before[name] != after[name]]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}
