"""Applies sql/migrations to a database, forward only; a second run changes nothing."""

import sys
from pathlib import Path

from yoyo import get_backend, read_migrations

MIGRATIONS = Path(__file__).parent / "migrations"


def apply(database_url: str) -> list[str]:
    """Apply what is missing, as the role of `database_url` (`postgresql://...`); returns the ids applied now."""
    backend = get_backend(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        migrations = read_migrations(str(MIGRATIONS))
        with backend.lock():
            missing = backend.to_apply(migrations)
            backend.apply_migrations(missing)
        return [migration.id for migration in missing]
    finally:
        backend.connection.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m sql.migrate postgresql://owner:password@host:port/database")
    applied = apply(sys.argv[1])
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")  # noqa: T201
