"""The stack's PostgreSQL: an owner that is no superuser, the logins of the Lambdas, the migrations."""

from typing import Literal, LiteralString, get_args

import psycopg
from psycopg import sql

from local.postgres import Cluster
from local.process import how_ended
from local.state import Settings, StackError, StateFolder
from sql.migrate import apply

NAME = "crash_course"
OWNER = "platform_owner"
Level = Literal["public", "user", "admin", "worker"]
LOGINS: tuple[Level, ...] = get_args(Level)
"""How far the functions of a login are trusted."""


class Database:
    """The server and how to reach it; durable (fsync on), so that a killed server loses nothing."""

    name = "PostgreSQL"

    def __init__(self, state: StateFolder, settings: Settings) -> None:
        self._settings = settings
        self._cluster = Cluster(state.path("postgres"), settings.ports.postgres)

    @property
    def pid(self) -> int | None:
        return self._cluster.process.pid if self._cluster.process else None

    @property
    def owner_url(self) -> str:
        return self._cluster.url(NAME, OWNER, self._settings.owner_password)

    def login_url(self, level: Level) -> str:
        return self._cluster.url(NAME, f"{level}_login", self._password(level))

    def login(self, level: Level) -> dict[str, str]:
        """What the login's secret holds."""
        address = f"postgresql://127.0.0.1:{self._settings.ports.postgres}/{NAME}?sslmode=disable"
        return {"url": address, "username": f"{level}_login", "password": self._password(level)}

    def _password(self, level: Level) -> str:
        password: str = getattr(self._settings, f"{level}_login_password")
        return password

    def start(self) -> None:
        try:
            self._cluster.start()
        except (RuntimeError, OSError) as error:
            raise StackError(f"PostgreSQL did not start: {error}") from error

    def stop(self) -> None:
        self._cluster.stop()

    def ended(self) -> str | None:
        return how_ended(self._cluster.process)

    def prepare(self) -> list[str]:
        """Create what is missing and migrate; returns the migrations applied now."""
        with psycopg.connect(self._cluster.url(), autocommit=True) as admin:
            if not _exists(admin, "select from pg_roles where rolname = %s", OWNER):
                # bypassrls: the owner's URL is for looking inside, and row level security is forced on owners too.
                admin.execute("create role platform_owner login createrole createdb bypassrls")
            if not _exists(admin, "select from pg_database where datname = %s", NAME):
                admin.execute("create database crash_course owner platform_owner")
            applied = self._migrate()
            self._set_passwords(admin)
        return applied

    def _migrate(self) -> list[str]:
        try:
            return apply(self._cluster.url(NAME, OWNER))
        except psycopg.Error as error:
            raise StackError(
                f"a migration failed: {error}\nAfter changing one that was already applied here, run: make reset"
            ) from error

    def _set_passwords(self, admin: psycopg.Connection) -> None:
        passwords = {
            OWNER: self._settings.owner_password,
            **{f"{level}_login": self._password(level) for level in LOGINS},
        }
        for role, password in passwords.items():
            admin.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(password)))


def _exists(connection: psycopg.Connection, query: LiteralString, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
