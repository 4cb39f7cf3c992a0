"""Which connections are open, and whose they are."""

from datetime import datetime, timedelta

import psycopg

from functions.realtime import queries
from shared.db import Connection
from shared.errors import Forbidden
from shared.tokens import Caller

LONGEST_CONNECTION = timedelta(hours=2)
"""API Gateway closes every WebSocket after two hours."""
CONNECTIONS_PER_USER = 10


def connect(conn: Connection, connection_id: str, caller: Caller, now: datetime) -> None:
    """Nothing is pushed past the token's own end. Raises Forbidden for a user without a profile."""
    expires_at = min(caller.expires_at, now + LONGEST_CONNECTION)
    try:
        queries.insert_connection(conn, connection_id, caller.user_id, expires_at)
    except psycopg.errors.ForeignKeyViolation as error:
        raise Forbidden("This user has no profile yet.") from error
    queries.delete_surplus(conn, caller.user_id, CONNECTIONS_PER_USER)
