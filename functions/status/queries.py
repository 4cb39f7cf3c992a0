"""The statement that shows whether the database answers."""

from shared.db import Connection


def ping(conn: Connection) -> None:
    conn.execute("select 1")
