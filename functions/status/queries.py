"""The statement that shows how the database is."""

from psycopg.rows import class_row

from functions.status.models import DatabaseState
from shared.db import Connection


def read_state(conn: Connection) -> DatabaseState | None:
    """Raises psycopg.errors.UndefinedFunction in a database from before migration 011."""
    return (
        conn.cursor(row_factory=class_row(DatabaseState))
        .execute(
            """
            select private.applied_migrations() as applied, b.oldest_seconds as queue_age_seconds
            from private.notification_backlog() b
            """
        )
        .fetchone()
    )
