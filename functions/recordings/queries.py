"""The statements of watching; row level security shows a recording only with a paid or free seat in its course."""

from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from functions.recordings.models import Recording, RecordingAccess, StoredVideo
from shared.db import Connection


def find_place(conn: Connection, event_id: UUID, user_id: UUID) -> RecordingAccess | None:
    """The registration that counts: one in force, else the latest."""
    return (
        conn.cursor(row_factory=class_row(RecordingAccess))
        .execute(
            """
            select status, payment_status from public.registrations
            where event_id = %(event)s and user_id = %(user)s
            order by status in ('pending', 'confirmed') desc, created_at desc
            limit 1
            """,
            {"event": event_id, "user": user_id},
        )
        .fetchone()
    )


def list_recordings(conn: Connection, event_id: UUID, user_id: UUID) -> list[Recording]:
    return (
        conn.cursor(row_factory=class_row(Recording))
        .execute(
            """
            select s.id, s.event_id, s.session_id, s.title, s.duration_minutes, s.file_size_mb, s.thumbnail_url,
                coalesce(p.position_seconds, 0) as position_seconds, s.created_at
            from public.session_recordings s
            left join public.recording_positions p on p.recording_id = s.id and p.user_id = %(user)s
            where s.event_id = %(event)s and s.processing_status = 'ready'
            order by s.created_at, s.id
            """,
            {"event": event_id, "user": user_id},
        )
        .fetchall()
    )


def find_source(conn: Connection, recording_id: UUID, user_id: UUID) -> StoredVideo | None:
    return (
        conn.cursor(row_factory=class_row(StoredVideo))
        .execute(
            """
            select s.video_url, s.content_type, coalesce(p.position_seconds, 0) as position_seconds
            from public.session_recordings s
            left join public.recording_positions p on p.recording_id = s.id and p.user_id = %(user)s
            where s.id = %(id)s and s.processing_status = 'ready'
            """,
            {"id": recording_id, "user": user_id},
        )
        .fetchone()
    )


def save_position(conn: Connection, recording_id: UUID, user_id: UUID, seconds: int, now: datetime) -> bool:
    """Whether there was such a recording for this student."""
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.recording_positions (recording_id, user_id, position_seconds, updated_at)
        select s.id, %(user)s, %(seconds)s, %(now)s from public.session_recordings s
        where s.id = %(id)s and s.processing_status = 'ready'
        on conflict (user_id, recording_id)
            do update set position_seconds = excluded.position_seconds, updated_at = excluded.updated_at
        returning true
        """,
        {"id": recording_id, "user": user_id, "seconds": seconds, "now": now},
    )
    return bool(cursor.fetchone())
