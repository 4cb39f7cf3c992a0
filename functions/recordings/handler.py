"""/functions/v1/recordings: what was recorded of the caller's courses, links to watch it, how far it was watched."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.recordings import service
from functions.recordings.models import Playback, PlaybackPosition, PositionAnswer, RecordingList
from shared import auth, clock, db
from shared.actors import user
from shared.invocations import invocation
from shared.log import logger
from shared.refusals import answers
from shared.routing import Router

app = Router()
PATH = "/functions/v1/recordings"
TAGS = ["Recordings"]


@app.get(
    PATH,
    summary="The recordings of one of the caller's courses",
    tags=TAGS,
    responses=answers(200, payment_incomplete=403, not_registered=404),
)
def list_recordings(event_id: Annotated[UUID, Query(alias="eventId")]) -> RecordingList:
    """Those that can be watched, for a confirmed and paid seat."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return RecordingList(recordings=service.list_recordings(conn, event_id, user_id))


@app.get(
    f"{PATH}/<recording_id>/playback",
    summary="A link to watch a recording",
    tags=TAGS,
    responses=answers(200, not_found=404),
)
def play(recording_id: Annotated[UUID, Path()]) -> Playback:
    """404 as well once the seat is refunded or cancelled."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        playback = service.playback(conn, recording_id, user_id, clock.now())
    logger.info("playback_linked", recording_id=str(recording_id))
    return playback


@app.put(
    f"{PATH}/<recording_id>/position",
    summary="Keep how far a recording was watched",
    tags=TAGS,
    responses=answers(200, not_found=404),
)
def keep_position(recording_id: Annotated[UUID, Path()], body: PlaybackPosition) -> PositionAnswer:
    """In seconds from the start; the last one counts."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id)) as conn:
        service.save_position(conn, recording_id, user_id, body.position_seconds, clock.now())
    return PositionAnswer(recording_id=recording_id, position_seconds=body.position_seconds)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
