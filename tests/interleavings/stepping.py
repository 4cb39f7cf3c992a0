"""Runs two handlers on two connections through every interleaving of their statements.

Each handler runs in a thread that stops before each statement and each commit; one of the two takes one step at a time.
PostgreSQL says whether a step waits for a lock, no clock is used, so an interleaving can be repeated.
"""

import random
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg
from psycopg.types.json import Jsonb

from shared import db
from shared.actors import Actor
from shared.errors import AppError
from shared.profiles.service import ProfileMissing
from tests.conftest import Database

type TransactionBody = Callable[[db.Connection], object]
type Handler = Sequence[tuple[Actor, TransactionBody]]
"""Transactions that run one after the other."""

LOCKS = (
    b" for no key update of e, r, t",
    b" for no key update of e, r",
    b" for no key update of e, w",
    b" for no key update",
    b" for update",
)


class SteppedCursor(psycopg.Cursor[Any]):
    """Stops before each statement. When unlocked (for a negative control), it removes the locking clauses."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
        conn = self.connection
        assert isinstance(conn, SteppedConnection)
        conn.stop()
        return super().execute(unlocked(query) if conn.is_unlocked else query, params, **more)

    def executemany(self, *args: Any, **more: Any) -> None:
        conn = self.connection
        assert isinstance(conn, SteppedConnection)
        conn.stop()
        super().executemany(*args, **more)


class SteppedConnection(db.Connection):
    """Stops before each statement and commit once `stop` is set; sends one statement at a time."""

    is_unlocked = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = SteppedCursor
        self.stop: Callable[[], object] = lambda: None

    @contextmanager
    def pipeline(self) -> Generator[psycopg.Pipeline]:
        yield psycopg.Pipeline(self)  # not entered, so that every statement waits for its result

    def commit(self) -> None:
        self.stop()
        super().commit()


def unlocked(query: Any) -> Any:
    text: bytes = query.encode() if isinstance(query, str) else query
    for lock in LOCKS:
        text = b" ".join(text.split()).replace(lock, b"")
    return text


@dataclass
class HandlerThread:
    """A thread that runs one handler step by step."""

    database: Database
    handler: Handler
    is_unlocked: bool
    failure: Exception | None = None
    is_done: bool = False
    _resting: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        login = {"service_role": "worker_login", "app_admin": "admin_login"}.get(self.handler[0][0].role, "user_login")
        url = self.database.cluster.url(
            self.database.name, user=login
        )  # directly: a pooler hides which backend waits for which
        self.conn = SteppedConnection.connect(url, autocommit=True, prepare_threshold=None)
        self.conn.is_unlocked = self.is_unlocked
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def step(self) -> None:
        """Start the next step; `finish_step` waits for its end."""
        self._resting.clear()
        self._turn.release()

    def finish_step(self, look: psycopg.Connection) -> bool:
        """Wait until the step is over (True) or waits for a lock of the other handler (False)."""
        while not self._resting.wait(0.002):
            waits = look.execute("select cardinality(pg_blocking_pids(%s)) > 0", (self.conn.info.backend_pid,))
            if waits.fetchone() == (True,) and not self._resting.is_set():
                return False
        return True

    def end(self) -> None:
        self._thread.join()
        self.conn.close()

    def _stop(self) -> None:
        self._resting.set()
        self._turn.acquire()

    def _run(self) -> None:
        try:
            for actor, work in self.handler:
                self._transact(actor, work)
        except (AppError, ProfileMissing):
            self.conn.rollback()  # a 4xx is a valid answer
        except Exception as error:  # noqa: BLE001 - every error is a finding of the run
            self.failure = error
            self.conn.rollback()
        finally:
            self.is_done = True
            self._resting.set()

    def _transact(self, actor: Actor, work: TransactionBody) -> None:
        self.conn.stop = lambda: None
        self.conn.execute("begin")
        self.conn.execute("set local lock_timeout = '60s'; set local statement_timeout = 0")
        self.conn.execute("select public.begin_request(%s, %s)", (actor.role, Jsonb(actor.claims)))
        self.conn.stop = self._stop
        work(self.conn)
        self.conn.commit()


def run_interleaving(
    database: Database, look: psycopg.Connection, handlers: Sequence[Handler], prefix: Sequence[int], *, unlocked: bool
) -> list[tuple[int, bool]]:
    """Run the handlers through one interleaving: the choices of `prefix`, then always the first that is ready.

    Returns each step's choice, and whether the other handler was ready too. Raises the error of a failed handler.
    """
    runners = [HandlerThread(database, handler, unlocked) for handler in handlers]
    taken: list[tuple[int, bool]] = []
    try:
        while True:
            # The other handler's last step may have released the lock that this one waits for.
            ready = [n for n, each in enumerate(runners) if each.finish_step(look) and not each.is_done]
            if not ready:
                if all(each.is_done for each in runners):
                    break
                continue  # both wait: PostgreSQL resolves the deadlock
            wanted = prefix[len(taken)] if len(taken) < len(prefix) else ready[0]
            choice = wanted if wanted in ready else ready[0]
            taken.append((choice, len(ready) > 1))
            runners[choice].step()
    finally:
        for each in runners:
            each.end()
    for each in runners:
        if each.failure:
            raise each.failure
    return taken


def interleavings(
    try_order: Callable[[Sequence[int]], list[tuple[int, bool]]], choose: random.Random | None = None
) -> Iterator[list[int]]:
    """Every interleaving, once; `try_order` runs one from its prefix and may raise.

    Consecutive interleavings differ in their last steps, so use `choose` to sample only some of them.
    """
    beginnings: list[list[int]] = [[]]
    while beginnings:
        beginning = beginnings.pop(choose.randrange(len(beginnings)) if choose else -1)
        taken = try_order(beginning)
        choices = [choice for choice, _ in taken]
        beginnings += [[*choices[:n], 1 - choices[n]] for n in range(len(beginning), len(taken)) if taken[n][1]]
        yield choices
