"""The schema, and the logins' passwords."""

from collections.abc import Iterable, Mapping

import psycopg

from functions.migrate_database import queries
from shared.db import login_url
from sql.migrate import apply


def bring_up_to_date(owner: Mapping[str, str], address: str, logins: Iterable[Mapping[str, str]]) -> list[str]:
    """Apply the migrations that are missing, and let each login in by the password of its secret.

    Safe to run twice, and at once with another run. A secret that holds a complete URL leaves its login alone. Raises
    psycopg.Error when a migration fails or waits too long for a table; what came before it stays applied.
    """
    url = login_url(owner, address)
    applied = apply(url)
    with psycopg.connect(url) as conn:
        for login in logins:
            if {"username", "password"} <= login.keys():
                queries.set_password(conn, login["username"], login["password"])
    return applied
