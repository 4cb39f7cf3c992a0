"""Recordings: create one with its upload, complete it, hide or show it."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_courses.recordings import service, uploads
from functions.admin_courses.recordings.models import (
    NewRecording,
    RecordingAnswer,
    RecordingChange,
    RecordingList,
    UploadAnswer,
    UploadCompletion,
)
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers
from shared.routing import created

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/recordings"
TAGS = ["Admin"]


@routes.post(
    PATH,
    summary="Create a recording and upload its file in parts",
    tags=TAGS,
    responses=answers(201, not_found=404, unavailable=503),
)
def create_recording(body: NewRecording) -> Response[UploadAnswer]:
    """Upload the parts to the links, then call `complete`."""
    admin = administrator_of(routes.current_event.raw_event)
    return created(uploads.start(admin, body, clock.now()))


@routes.get(PATH, summary="Recordings in every state, the newest first", tags=TAGS)
def list_recordings(
    event_id: Annotated[UUID | None, Query(alias="eventId")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> RecordingList:
    """In every state of processing."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_recordings(conn, event_id, cursor=cursor, limit=limit)


@routes.post(
    f"{PATH}/<recording_id>/upload",
    summary="New links for an upload, or a new upload for a failed recording",
    tags=TAGS,
    responses=answers(200, not_found=404, no_upload=409, unavailable=503),
)
def resume_upload(recording_id: Annotated[UUID, Path()]) -> UploadAnswer:
    """For parts that are missing, or after the links have expired."""
    admin = administrator_of(routes.current_event.raw_event)
    return uploads.resume(admin, recording_id, clock.now())


@routes.post(
    f"{PATH}/<recording_id>/complete",
    summary="Make one file of the uploaded parts",
    tags=TAGS,
    responses=answers(200, not_found=404, no_upload=409, parts_refused=422, unavailable=503),
)
def complete_upload(recording_id: Annotated[UUID, Path()], body: UploadCompletion) -> RecordingAnswer:
    """The recording is processed then, and ready within moments. Again: the same answer."""
    admin = administrator_of(routes.current_event.raw_event)
    return RecordingAnswer(recording=uploads.complete(admin, recording_id, body.parts))


@routes.patch(
    f"{PATH}/<recording_id>",
    summary="Change a recording, hide or show it",
    tags=TAGS,
    responses=answers(200, not_found=404, not_uploaded=409),
)
def change_recording(recording_id: Annotated[UUID, Path()], body: RecordingChange) -> RecordingAnswer:
    """`failed` takes it from the students, `ready` gives it back; only what has arrived can be ready."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        old, new = service.change(conn, recording_id, body)
        if old != new:
            before, after = (each.model_dump(mode="json", by_alias=False) for each in (old, new))
            admin.record(conn, "recording.change", "recording", recording_id, old=before, new=after)
    return RecordingAnswer(recording=new)
