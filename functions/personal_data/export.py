"""Everything about a person (GDPR art. 15 and 20, DPDP Act sections 11 and 12)."""

from datetime import datetime
from uuid import UUID

from functions.personal_data import queries
from functions.personal_data.models import PersonalDataExport
from shared.db import Connection

MOST_ROWS = 5000
"""Of one table: an answer of a Lambda holds 6 MB. Only analytics can reach it."""


def everything_about(conn: Connection, user_id: UUID, now: datetime) -> PersonalDataExport:
    with conn.pipeline():
        asked = {table: queries.rows_about(conn, table, user_id, MOST_ROWS + 1) for table in queries.ABOUT}
    found = {table: cursor.fetchall() for table, cursor in asked.items()}
    return PersonalDataExport(
        exported_at=now,
        truncated=[table for table, rows in found.items() if len(rows) > MOST_ROWS],
        data={table: rows[:MOST_ROWS] for table, rows in found.items()},
    )
