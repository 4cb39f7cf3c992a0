"""Courses: create a draft, publish it."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin.events import queries
from functions.admin.events.models import EventAnswer, NewEvent
from shared import db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.errors import Conflict
from shared.http import created

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/events"


@routes.post(PATH, summary="Create a draft course", tags=["Admin"], status_code=201)
def create_event(body: NewEvent) -> Response[EventAnswer]:
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        event = queries.insert_event(conn, body)
        assert event is not None
        admin.record(conn, "event.create", "event", event.id, new=event.model_dump(mode="json"))
    return created(EventAnswer(event=event))


@routes.post(f"{PATH}/<event_id>/publish", summary="Put a draft on sale", tags=["Admin"])
def publish_event(event_id: Annotated[UUID, Path()]) -> EventAnswer:
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        event = queries.publish(conn, event_id)
        if event is None:
            raise Conflict("Only a draft can be published.", code="not_a_draft")
        admin.record(conn, "event.publish", "event", event_id, old={"status": "draft"}, new={"status": "upcoming"})
    return EventAnswer(event=event)
