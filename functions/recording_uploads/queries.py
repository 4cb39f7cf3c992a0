"""The statements that move a recording whose file has arrived."""

from decimal import Decimal
from uuid import UUID

from psycopg.rows import class_row

from functions.recording_uploads.models import AnnouncedRecording
from shared.db import Connection


def begin_processing(conn: Connection, recording_id: UUID, video_url: str) -> AnnouncedRecording | None:
    """The file of a recording is whole; None for a recording that waits for no such file."""
    return (
        conn.cursor(row_factory=class_row(AnnouncedRecording))
        .execute(
            """
            update public.session_recordings set processing_status = 'processing', upload_id = null
            where id = %(id)s and video_url = %(url)s and processing_status in ('uploading', 'processing')
            returning id, content_type, file_size_bytes
            """,
            {"id": recording_id, "url": video_url},
        )
        .fetchone()
    )


def finish(conn: Connection, recording_id: UUID, size_mb: Decimal, failure: str | None) -> bool:
    """Ready, or failed for a reason; False when somebody has decided meanwhile."""
    cursor = conn.execute(
        """
        update public.session_recordings
        set processing_status = case when %(failure)s::text is null then 'ready' else 'failed' end,
            failure_reason = %(failure)s, file_size_mb = %(size)s
        where id = %(id)s and processing_status = 'processing'
        """,
        {"id": recording_id, "size": size_mb, "failure": failure},
    )
    return cursor.rowcount == 1
