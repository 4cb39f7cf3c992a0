"""Applies sql/migrations to a database, forward only; a second run changes nothing."""

import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from yoyo import get_backend, read_migrations

MIGRATIONS = Path(__file__).parent / "migrations"
HISTORY = "migration_history"
"""The schema of yoyo's own tables: in public, Supabase would let its API roles write to them."""
LOCK_SECONDS = 5
"""How long a migration waits for a table: meanwhile everybody else waits behind it, and the platform stands still."""
OPTIONS = {"schema": HISTORY, "options": f"-c lock_timeout={LOCK_SECONDS}s"}
"""Of the connections that yoyo makes, one for itself and one for each migration."""


def apply(database_url: str) -> list[str]:
    """Apply what is missing, as the role of `database_url` (`postgresql://...`); returns the ids applied now."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("set client_min_messages = warning")
        with owner.transaction():  # two runs at once would both find none and both create it
            owner.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (HISTORY,))
            owner.execute(f"create schema if not exists {HISTORY}")
    backend = get_backend(_yoyo_url(database_url))
    try:
        migrations = read_migrations(str(MIGRATIONS))
        with backend.lock():
            missing = backend.to_apply(migrations)
            backend.apply_migrations(missing)
        return [migration.id for migration in missing]
    finally:
        backend.connection.close()


def _yoyo_url(database_url: str) -> str:
    more = ("&" if "?" in database_url else "?") + urlencode(OPTIONS, quote_via=quote)
    return database_url.replace("postgresql://", "postgresql+psycopg://", 1) + more


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m sql.migrate postgresql://owner:password@host:port/database")
    applied = apply(sys.argv[1])
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")  # noqa: T201
