"""The statements of uploading and moving recordings."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.admin_courses.recordings.models import NewRecording, Recording, RecordingChange, StoredUpload
from shared.db import Connection

COLUMNS: LiteralString = """
    id, event_id, session_id, title, content_type, processing_status, failure_reason, duration_minutes,
    file_size_bytes, file_size_mb, thumbnail_url, created_at
"""


def event_and_session_exist(conn: Connection, event_id: UUID, session_id: UUID | None) -> bool:
    """Whether there is such a course, with such a session where one is named."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        select exists (select 1 from public.events where id = %(event)s) and (%(session)s::uuid is null or exists (
            select 1 from public.event_sessions where id = %(session)s::uuid and event_id = %(event)s
        ))
        """,
        {"event": event_id, "session": session_id},
    )
    return bool(cursor.fetchone())


def insert_recording(
    conn: Connection, recording_id: UUID, new: NewRecording, video_url: str, upload_id: str, admin_id: UUID
) -> Recording | None:
    return (
        conn.cursor(row_factory=class_row(Recording))
        .execute(
            """
            insert into public.session_recordings (id, event_id, session_id, title, content_type, file_size_bytes,
                duration_minutes, thumbnail_url, video_url, upload_id, created_by)
            values (%(id)s, %(event_id)s, %(session_id)s, %(title)s, %(content_type)s, %(file_size_bytes)s,
                %(duration_minutes)s, %(thumbnail_url)s, %(video_url)s, %(upload_id)s, %(admin)s)
            returning
            """
            + COLUMNS,
            {
                "id": recording_id,
                "video_url": video_url,
                "upload_id": upload_id,
                "admin": admin_id,
                **new.model_dump(by_alias=False),
            },
        )
        .fetchone()
    )


def find_recording(conn: Connection, recording_id: UUID) -> Recording | None:
    return (
        conn.cursor(row_factory=class_row(Recording))
        .execute("select" + COLUMNS + "from public.session_recordings where id = %(id)s", {"id": recording_id})
        .fetchone()
    )


def find_upload(conn: Connection, recording_id: UUID) -> StoredUpload | None:
    return (
        conn.cursor(row_factory=class_row(StoredUpload))
        .execute(
            """
            select video_url, content_type, processing_status, upload_id, file_size_bytes
            from public.session_recordings where id = %(id)s
            """,
            {"id": recording_id},
        )
        .fetchone()
    )


def list_recordings(
    conn: Connection, event_id: UUID | None, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Recording]:
    after_time, after_id = after or (None, None)
    return (
        conn.cursor(row_factory=class_row(Recording))
        .execute(
            "select"
            + COLUMNS
            + """
            from public.session_recordings
            where (%(event)s::uuid is null or event_id = %(event)s::uuid)
                and (%(after_time)s::timestamptz is null
                    or (created_at, id) < (%(after_time)s::timestamptz, %(after_id)s::uuid))
            order by created_at desc, id desc
            limit %(limit)s
            """,
            {"event": event_id, "after_time": after_time, "after_id": after_id, "limit": limit},
        )
        .fetchall()
    )


def restart_upload(conn: Connection, recording_id: UUID, video_url: str, upload_id: str) -> Recording | None:
    """A failed recording waits for another file."""
    return (
        conn.cursor(row_factory=class_row(Recording))
        .execute(
            """
            update public.session_recordings
            set processing_status = 'uploading', failure_reason = null, video_url = %(video_url)s,
                upload_id = %(upload_id)s, file_size_mb = null
            where id = %(id)s and processing_status = 'failed'
            returning
            """
            + COLUMNS,
            {"id": recording_id, "video_url": video_url, "upload_id": upload_id},
        )
        .fetchone()
    )


def begin_processing(conn: Connection, recording_id: UUID, upload_id: str) -> None:
    conn.execute(
        """
        update public.session_recordings set processing_status = 'processing', upload_id = null
        where id = %(id)s and upload_id = %(upload_id)s and processing_status = 'uploading'
        """,
        {"id": recording_id, "upload_id": upload_id},
    )


def change_recording(conn: Connection, recording_id: UUID, change: RecordingChange) -> Recording | None:
    """None when the recording cannot take the state asked for: only what has arrived can be ready."""
    return (
        conn.cursor(row_factory=class_row(Recording))
        .execute(
            """
            update public.session_recordings
            set title = coalesce(%(title)s, title), duration_minutes = coalesce(%(duration_minutes)s, duration_minutes),
                thumbnail_url = coalesce(%(thumbnail_url)s, thumbnail_url),
                processing_status = coalesce(%(processing_status)s, processing_status),
                failure_reason = case when %(processing_status)s::text is null then failure_reason
                    else %(failure_reason)s end
            where id = %(id)s and (%(processing_status)s::text is distinct from 'ready'
                or (upload_id is null and processing_status <> 'uploading'))
            returning
            """
            + COLUMNS,
            {"id": recording_id, **change.model_dump(by_alias=False)},
        )
        .fetchone()
    )
