"""S3 tells by EventBridge that a file has arrived: its recording is processed, then ready or failed.

Told twice, late or in another order it comes to the same: only a recording that waits for this file moves.
"""

from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.recording_uploads import queries, service
from functions.recording_uploads.models import AnnouncedRecording, ObjectCreated
from shared import db
from shared.actors import SERVICE
from shared.invocations import invocation
from shared.log import logger
from shared.recordings import storage


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    created = ObjectCreated.model_validate(event)
    recording_id = _recording_of(created.detail.object.key)
    if recording_id is None:
        logger.warning("unknown_file_ignored")
        return {"status": "ignored"}
    with db.transaction(SERVICE) as conn:
        announced = queries.begin_processing(conn, recording_id, created.url)
    if announced is None:
        logger.info("recording_unchanged", recording_id=str(recording_id))
        return {"status": "unchanged"}
    return {"status": _process(announced, created.detail.object.key)}


def _process(announced: AnnouncedRecording, key: str) -> str:
    size = storage.size_of(key) or 0
    failure = service.failure_of(announced, size, storage.first_bytes(key) if size else b"")
    with db.transaction(SERVICE) as conn:
        queries.finish(conn, announced.id, service.megabytes(size), failure)
    logger.info("recording_processed", recording_id=str(announced.id), failure=failure)
    return "failed" if failure else "ready"


def _recording_of(key: str) -> UUID | None:
    match key.split("/"):
        case ["recordings", recording_id, _]:
            try:
                return UUID(recording_id)
            except ValueError:
                return None
        case _:
            return None
