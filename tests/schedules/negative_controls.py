"""Schedules with what keeps their runs apart taken away, one rule at a time: their trials must be lost."""

import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, LiteralString, Self

import psycopg
import pytest

from shared import db
from tests.database.locks import EXCLUSIVE_LOCKS, SHARED_LOCKS
from tests.deployed import close_connections
from tests.schedules.world import World

type NegativeControl = Callable[[World], AbstractContextManager[None]]


@contextmanager
def without_exclusive_locks(world: World) -> Generator[None]:
    """The same names are found, and no row is locked."""
    look = world.deployed.looking
    look.execute(SHARED_LOCKS)
    try:
        yield
    finally:
        look.execute(EXCLUSIVE_LOCKS)


@contextmanager
def without_row_locks(world: World) -> Generator[None]:
    """Nothing that was read is held."""
    with _rewritten(world, r"\bfor (no key )?update( of \w+(, \w+)*)?( skip locked)?"):
        yield


@contextmanager
def without_conditions_of_holds(world: World) -> Generator[None]:
    """A seat is freed because it was to be freed when it was looked for, and no key knows that it was told."""
    with (
        _rewritten(world, r"and status = 'pending' and hold_expires_at <= %\(now\)s"),
        without_keys_of_notifications(world),
    ):
        yield


@contextmanager
def without_keys_of_notifications(world: World) -> Generator[None]:
    """No two runs know each other's notifications."""
    other_key = "new.dedupe_key := new.dedupe_key || ':' || md5(pg_backend_pid()::text)::uuid;"
    with _trigger(world, "insert on notifications_queue", other_key):
        yield


@contextmanager
def without_claims_of_refunds(world: World) -> Generator[None]:
    """What one run has in hand stays due for the other."""
    with _trigger(world, "update on refunds", "new.next_attempt_at := old.next_attempt_at;"):
        yield


@contextmanager
def without_the_lock_of_dropping(world: World) -> Generator[None]:
    """Old months are dropped by whoever sees them."""
    kept = world.deployed.row("select pg_get_functiondef('private.drop_analytics_months'::regproc) as code")["code"]
    lock = "lock table only public.analytics_events in share update exclusive mode;"
    assert lock in kept
    world.deployed.looking.execute(kept.replace(lock, ""))
    try:
        yield
    finally:
        world.deployed.looking.execute(kept)


@contextmanager
def one_step_a_run(world: World) -> Generator[None]:
    """A course that began in a run does not end in the same one."""
    with _trigger(world, "update on events", "if old.xmin::text::bigint = txid_current() then return null; end if;"):
        yield


@contextmanager
def _rewritten(world: World, left_out: str) -> Generator[None]:
    """The functions' statements without what the pattern finds."""

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Self:
            statement: Any = re.sub(left_out, "", query)
            return super().execute(statement, *args, **kwargs)

    class Connection(db.Connection):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.cursor_factory = Cursor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "Connection", Connection)
        _reconnect(world)
        yield
    _reconnect(world)


@contextmanager
def _trigger(world: World, event: LiteralString, body: LiteralString) -> Generator[None]:
    look = world.deployed.looking
    look.execute(
        "create function public.planted_fault() returns trigger language plpgsql as "
        f"$$ begin {body} return new; end $$;"
        f"create trigger planted_fault before {event} for each row execute function public.planted_fault()"
    )
    try:
        yield
    finally:
        look.execute("drop function public.planted_fault cascade")


def _reconnect(world: World) -> None:
    """Settings of a login are read when it connects."""
    world.environments.end()
    close_connections()
