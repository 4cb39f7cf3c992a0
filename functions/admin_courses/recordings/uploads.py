"""Uploads a recording in parts; S3 is called between two transactions, never inside one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from functions.admin_courses.recordings import queries
from functions.admin_courses.recordings.models import (
    EXTENSIONS,
    CompletedPart,
    MultipartUpload,
    NewRecording,
    PartUrl,
    Recording,
    StoredUpload,
    UploadAnswer,
)
from shared import db
from shared.actors import administrator
from shared.audit.service import Administrator
from shared.errors import Conflict, Invalid, NotFound
from shared.recordings import storage


class UploadMissing(Conflict):
    code = "no_upload"

    def __init__(self) -> None:
        super().__init__("There is no upload to go on with.")


def start(admin: Administrator, new: NewRecording, now: datetime) -> UploadAnswer:
    """A new recording and the links to upload its parts. Raises NotFound and Unavailable."""
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        if not queries.event_and_session_exist(conn, new.event_id, new.session_id):
            raise NotFound("event or session")
    recording_id = uuid4()
    key = storage.new_key(recording_id, EXTENSIONS[new.content_type])
    upload_id = storage.begin_upload(key, new.content_type)
    with db.transaction(administrator(admin.id)) as conn:
        recording = queries.insert_recording(conn, recording_id, new, storage.url_of(key), upload_id, admin.id)
        assert recording is not None
        admin.record(conn, "recording.create", "recording", recording.id, new=recording.model_dump(mode="json"))
    return UploadAnswer(recording=recording, upload=_part_urls(key, upload_id, new.file_size_bytes, now))


def resume(admin: Administrator, recording_id: UUID, now: datetime) -> UploadAnswer:
    """New links for an open upload; a failed recording gets a new upload.

    Raises NotFound, Conflict (`no_upload`) and Unavailable.
    """
    upload = _find_upload(admin, recording_id)
    if upload.processing_status == "failed":
        return _restart(admin, recording_id, upload, now)
    if upload.upload_id is None:
        raise UploadMissing
    links = _part_urls(storage.key_of(upload.video_url), upload.upload_id, upload.file_size_bytes or 1, now)
    return UploadAnswer(recording=_find_recording(admin, recording_id), upload=links)


def complete(admin: Administrator, recording_id: UUID, parts: Sequence[CompletedPart]) -> Recording:
    """Make one file of the parts; again for what is complete already: the same answer.

    Raises NotFound, Conflict (`no_upload`), Invalid (`parts_refused`) and Unavailable.
    """
    upload = _find_upload(admin, recording_id)
    if upload.processing_status == "failed":
        raise UploadMissing
    if upload.upload_id is not None:
        _complete_at_storage(storage.key_of(upload.video_url), upload.upload_id, parts)
        with db.transaction(administrator(admin.id)) as conn:
            queries.begin_processing(conn, recording_id, upload.upload_id)  # S3's event may have come first
            admin.record(conn, "recording.complete", "recording", recording_id, new={"parts": len(parts)})
    return _find_recording(admin, recording_id)


def _complete_at_storage(key: str, upload_id: str, parts: Sequence[CompletedPart]) -> None:
    try:
        storage.complete_upload(key, upload_id, sorted((part.part_number, part.etag) for part in parts))
    except storage.PartsRefused as error:
        raise Invalid("S3 has other parts than these.", code="parts_refused") from error
    except storage.UploadGone as error:
        if storage.size_of(key) is None:  # else the answer to an earlier request was lost
            raise UploadMissing from error


def _restart(admin: Administrator, recording_id: UUID, upload: StoredUpload, now: datetime) -> UploadAnswer:
    key = storage.new_key(recording_id, EXTENSIONS[upload.content_type])
    upload_id = storage.begin_upload(key, upload.content_type)
    with db.transaction(administrator(admin.id)) as conn:
        recording = queries.restart_upload(conn, recording_id, storage.url_of(key), upload_id)
        if recording is None:
            raise UploadMissing
        before, after = {"processing_status": "failed"}, {"processing_status": "uploading"}
        admin.record(conn, "recording.restart", "recording", recording_id, old=before, new=after)
    return UploadAnswer(recording=recording, upload=_part_urls(key, upload_id, upload.file_size_bytes or 1, now))


def _part_urls(key: str, upload_id: str, size_bytes: int, now: datetime) -> MultipartUpload:
    links = storage.part_links(key, upload_id, size_bytes)
    parts = [PartUrl(part_number=number, url=url) for number, url in enumerate(links, 1)]
    return MultipartUpload(part_size_bytes=storage.PART_BYTES, parts=parts, expires_at=now + storage.UPLOAD)


def _find_upload(admin: Administrator, recording_id: UUID) -> StoredUpload:
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        upload = queries.find_upload(conn, recording_id)
    if upload is None:
        raise NotFound("recording")
    return upload


def _find_recording(admin: Administrator, recording_id: UUID) -> Recording:
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        recording = queries.find_recording(conn, recording_id)
    if recording is None:
        raise NotFound("recording")
    return recording
