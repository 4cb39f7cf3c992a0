"""What the owner changes beside the migrations."""

from typing import Any

import psycopg
from psycopg import sql


def set_password(conn: psycopg.Connection[Any], username: str, password: str) -> None:
    """Sent as a SCRAM verifier: the server's log, and whoever reads it, never sees the password."""
    verifier = conn.pgconn.encrypt_password(password.encode(), username.encode(), b"scram-sha-256")
    conn.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(username), sql.Literal(verifier.decode())))
