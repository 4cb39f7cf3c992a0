"""The database: one connection an execution environment, and transactions that act for one actor.

Nothing here depends on a session: no prepared statements, no session settings, so it works behind PgBouncer or RDS
Proxy in transaction mode. The login must own nothing and bypass nothing, or every request is refused.
"""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, LiteralString
from urllib.parse import quote, urlsplit
from uuid import UUID

import psycopg
from psycopg import Cursor
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from shared import log, metrics
from shared.actors import Actor
from shared.config import settings
from shared.errors import Forbidden, Unavailable
from shared.metrics import Metric
from shared.secret_store import secret

CONNECT_SECONDS = 3
SILENCE_MILLISECONDS = 3000
"""How long sent bytes may go unacknowledged: a peer that vanished while we were frozen is given up, not waited for."""

ACCOUNT_ERASED = "CC001"
"""What begin_request raises for a person whose account was erased; a token outlives the account."""


class UnsafeLogin(Exception):
    """The configured login could see or change what row level security is there to protect."""


class WrongRowCount(Exception):
    """An update that must change exactly one row changed another number: what it was decided by was not so."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that remembers what its last transaction enqueued and measured: both count once it has committed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._one_row: list[tuple[LiteralString, Cursor[tuple[Any, ...]]]] = []
        self._enqueued: list[UUID] = []
        self._enqueuing: list[Cursor[UUID]] = []
        self._measured: list[tuple[Metric, float]] = []

    def execute_one(self, statement: LiteralString, values: Mapping[str, object]) -> None:
        """Execute an update that must change exactly one row; `commit` raises WrongRowCount when it did not.

        The count is read at the commit, so that a pipeline goes on.
        """
        self._one_row.append((statement, self.execute(statement, values)))

    def commit(self) -> None:
        for statement, changed in self._one_row:
            if changed.rowcount != 1:
                raise WrongRowCount(f"{changed.rowcount} rows changed by: {' '.join(statement.split())}")
        self._one_row = []
        super().commit()

    def enqueue(self, inserted: Cursor[UUID]) -> None:
        """Remember the ids that an insert returns; they are read when asked for, so that a pipeline goes on."""
        self._enqueuing.append(inserted)

    @property
    def enqueued(self) -> list[UUID]:
        while self._enqueuing:
            self._enqueued += self._enqueuing.pop(0).fetchall()
        return self._enqueued

    @enqueued.setter
    def enqueued(self, ids: list[UUID]) -> None:
        self._enqueued = ids

    def measure(self, metric: Metric, value: float = 1) -> None:
        """Add to a metric, unless this transaction is rolled back."""
        if value:
            self._measured.append((metric, value))

    def forget(self) -> None:
        """What a transaction or a part of it enqueued and measured has not happened."""
        self._enqueued, self._enqueuing, self._measured, self._one_row = [], [], [], []

    def publish(self) -> None:
        """Write down what the transaction measured: it has committed."""
        for metric, value in self._measured:
            metrics.add(metric, value)
        self._measured = []


class Database:
    """One database by one login. Each thread has a connection of its own; a Lambda has one thread."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url  # asked at each connect, so that a rotated password is picked up
        self._local = threading.local()

    @contextmanager
    def transaction(self, actor: Actor, *, read_only: bool = False) -> Generator[Connection]:
        """Act for `actor` until the block ends: commit, or roll back what raised. What only reads sees one instant.

        Raises Unavailable when the database cannot be reached, is out of time or asks to try again (nothing was
        committed), and Forbidden when an administrator is none or a person's account was erased (`account_erased`). A
        connection found dead before the first statement is replaced once; nothing is ever sent twice.
        """
        with metrics.timed(Metric.DATABASE_TRANSACTION_TIME):
            conn = self._begin(actor, read_only=read_only)
            try:
                yield conn
                if conn.info.transaction_status == TransactionStatus.INERROR:
                    raise RuntimeError("a failed statement was ignored; its transaction cannot be committed")
                conn.commit()
            except BaseException as error:
                self._abandon(conn)
                if _is_transient(error):
                    raise _unavailable("The database cannot answer now.") from error
                raise
        conn.publish()

    def close(self) -> None:
        """Close this thread's connection."""
        conn = getattr(self._local, "connection", None)
        if conn is not None:
            conn.close()

    def _begin(self, actor: Actor, *, read_only: bool) -> Connection:
        conn = getattr(self._local, "connection", None)
        try:
            if conn is not None and not conn.closed:
                try:
                    return _start(conn, actor, read_only=read_only)
                except psycopg.OperationalError:
                    if not conn.closed:
                        raise
                    # Frozen too long: the server or a proxy hung up meanwhile.
            self._local.connection = conn = self._connect()
            return _start(conn, actor, read_only=read_only)
        except psycopg.errors.InvalidAuthorizationSpecification as error:
            self._abandon(conn)
            raise Forbidden("This needs an administrator.") from error
        except psycopg.Error as error:
            self._abandon(conn)
            if error.sqlstate == ACCOUNT_ERASED:
                raise Forbidden("This account was erased.", code="account_erased") from error
            if _is_transient(error):
                raise _unavailable("The database cannot be reached now.") from error
            raise

    def _connect(self) -> Connection:
        conn = Connection.connect(
            self._url(),
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=CONNECT_SECONDS,
            tcp_user_timeout=SILENCE_MILLISECONDS,
            application_name="crash-course",
        )
        try:
            _refuse_unsafe_login(conn)
        except BaseException:
            conn.close()
            raise
        return conn

    @staticmethod
    def _abandon(conn: Connection | None) -> None:
        if conn is None or conn.closed:
            return
        try:
            conn.rollback()
        except psycopg.Error:
            conn.close()


def _unavailable(detail: str) -> Unavailable:
    metrics.add(Metric.DATABASE_UNAVAILABLE)
    return Unavailable(detail)


def _is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed later: not what the statement itself asks too much for (class 54)."""
    if isinstance(error, psycopg.errors.IdleInTransactionSessionTimeout | psycopg.errors.TransactionTimeout):
        return True  # psycopg counts class 25 as internal errors
    return isinstance(error, psycopg.OperationalError) and not isinstance(
        error, psycopg.errors.ProgramLimitExceeded | psycopg.errors.StatementTooComplex
    )


def _start(conn: Connection, actor: Actor, *, read_only: bool) -> Connection:
    """Begin and become the actor, in one round trip; what is queued for people keeps the id of what caused it."""
    conn.forget()
    claims = actor.claims | {"correlation_id": log.correlation_id() or ""}
    with conn.pipeline():
        conn.execute("begin isolation level repeatable read, read only" if read_only else "begin read write")
        conn.execute("select public.begin_request(%s, %s)", (actor.role, Jsonb(claims)))
    return conn


def _refuse_unsafe_login(conn: Connection) -> None:
    unsafe = conn.execute(
        """
        select r.rolsuper or r.rolbypassrls or r.rolinherit or exists (
            select 1 from pg_catalog.pg_roles g
            where g.oid <> r.oid and pg_has_role(r.oid, g.oid, 'usage')
                or pg_has_role(r.oid, g.oid, 'member')
                    and (g.rolsuper or exists (select 1 from pg_catalog.pg_class c where c.relowner = g.oid))
        )
        from pg_catalog.pg_roles r where r.rolname = session_user
        """
    ).fetchone()
    if unsafe is None or unsafe[0]:
        raise UnsafeLogin("the database login must be no superuser, own nothing, inherit nothing and obey RLS")


def login_url(login: Mapping[str, str], address: str) -> str:
    """The URL to connect by: the secret's `url`, or `address` where it has none.

    A URL without a user or password gets the secret's `username` and `password`, the keys that RDS Proxy reads.
    """
    url = urlsplit(login.get("url") or address)
    user = url.username or quote(login.get("username", ""), safe="")
    password = url.password or quote(login.get("password", ""), safe="")
    host = url.netloc.rpartition("@")[2]
    return url._replace(netloc=f"{user}:{password}@{host}" if user else host).geturl()


@cache
def _database(secret_id: str) -> Database:
    return Database(lambda: login_url(secret(secret_id), settings().database_address))


def transaction(actor: Actor, *, read_only: bool = False) -> AbstractContextManager[Connection]:
    """`Database.transaction` on the database this function is configured for."""
    return _database(settings().database_secret_id).transaction(actor, read_only=read_only)
