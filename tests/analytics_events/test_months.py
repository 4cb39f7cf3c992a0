"""Months of tracked events: made ahead, filled from the default partition, dropped by retention, in nobody's way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.analytics_events import job, queries
from shared import actors, db
from shared.actors import SERVICE
from shared.errors import Unavailable
from tests.deployed import Context, DeployedFunctions
from tests.schema.rules import RULES

MONTHS = """
    select i.inhrelid::regclass::text as name, (select count(*) from analytics_events e where e.tableoid = i.inhrelid)
    from pg_inherits i where i.inhparent = 'public.analytics_events'::regclass order by 1
"""
INSERT = "insert into analytics_events (event_name, event_category, created_at) values ('a', 'error', %s)"
DEFAULT = "private.analytics_events_default"


@pytest.fixture
def deployed(deployed: DeployedFunctions) -> DeployedFunctions:
    """Months are kept between tests like every table, so each begins by forgetting them."""
    deployed.set(DATABASE_SECRET_ID="database-worker")
    for month in months(deployed):
        if month != DEFAULT:
            deployed.rows(f"drop table {month}")  # pyright: ignore[reportArgumentType]
    return deployed


def months(deployed: DeployedFunctions) -> dict[str, int]:
    return {row["name"]: row["count"] for row in deployed.rows(MONTHS)}


def month_name(ahead: int, since: datetime | None = None) -> str:
    """The partition of the month so many months from this one."""
    now = since or datetime.now(UTC)
    year, month = divmod(now.year * 12 + now.month - 1 + ahead, 12)
    return f"private.analytics_events_{year}_{month + 1:02}"


def a_day_of(ahead: int) -> datetime:
    year, month = map(int, month_name(ahead).split("_")[-2:])
    return datetime(year, month, 15, tzinfo=UTC)


def run(deployed: DeployedFunctions) -> dict[str, Any]:
    return job.lambda_handler({}, Context())  # pyright: ignore[reportArgumentType]


def test_this_month_and_the_next_three_are_made_once(deployed: DeployedFunctions) -> None:
    assert run(deployed)["made"] == 4
    assert list(months(deployed)) == [*(month_name(ahead) for ahead in range(4)), DEFAULT]
    assert run(deployed)["made"] == 0


def test_a_new_month_keeps_every_rule_of_the_schema(deployed: DeployedFunctions) -> None:
    run(deployed)
    assert [rule for rule, (query, _) in RULES.items() if deployed.looking.execute(query.encode()).fetchall()] == []


def test_rows_that_had_no_month_move_into_theirs(deployed: DeployedFunctions) -> None:
    for ahead in (-2, 0, 0, 1):
        deployed.rows(INSERT, a_day_of(ahead))
    assert months(deployed) == {DEFAULT: 4}
    run(deployed)
    assert months(deployed) == {
        month_name(-2): 1, month_name(0): 2, month_name(1): 1, month_name(2): 0, month_name(3): 0, DEFAULT: 0,
    }  # fmt: skip
    deployed.rows(INSERT, a_day_of(0))
    assert months(deployed)[month_name(0)] == 3


def test_a_moved_row_is_still_its_owners_alone(deployed: DeployedFunctions) -> None:
    owner, other = deployed.profile(), deployed.profile()
    deployed.rows("insert into analytics_events (user_id, event_name, event_category) values (%s, 'a', 'error')", owner)
    run(deployed)
    seen: list[int] = []
    for each in (owner, other):
        with db.transaction(actors.user(each)) as conn:
            seen.append(len(conn.execute("select user_id from public.analytics_events").fetchall()))
    assert seen == [1, 0]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(actors.user(owner)) as conn:
        conn.execute(f"select user_id from {month_name(0)}".encode())


def test_months_are_dropped_when_their_time_is_over_and_no_sooner(deployed: DeployedFunctions) -> None:
    for ahead in (-15, -14, -13, 0):
        deployed.rows(INSERT, a_day_of(ahead))
    assert run(deployed)["dropped"] == 2
    kept = [name for name, count in months(deployed).items() if count]
    assert kept == [month_name(-13), month_name(0)]
    deployed.set(ANALYTICS_RETENTION_MONTHS="12")
    assert run(deployed)["dropped"] == 1


@pytest.mark.parametrize("keep", [-1, 0, 2, 121, None])
def test_nobody_can_drop_the_last_quarter(deployed: DeployedFunctions, keep: Any) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue), db.transaction(SERVICE) as conn:
        queries.drop_months(conn, keep)
    with pytest.raises(psycopg.errors.InvalidParameterValue), db.transaction(SERVICE) as conn:
        queries.make_months(conn, 13)


@pytest.mark.parametrize("actor", [actors.ANONYMOUS, actors.user(uuid4())], ids=["anon", "user"])
@pytest.mark.parametrize("call", ["make_analytics_months(3)", "drop_analytics_months(3)"])
def test_only_the_platform_makes_and_drops_months(deployed: DeployedFunctions, actor: actors.Actor, call: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction(actor) as conn:
        conn.execute(f"select private.{call}".encode())


def test_tracking_goes_on_while_a_month_is_made(deployed: DeployedFunctions) -> None:
    run(deployed)
    deployed.rows(f"drop table {month_name(3)}")  # pyright: ignore[reportArgumentType]
    with db.transaction(SERVICE) as conn:
        assert queries.make_months(conn, 3) == 1
        deployed.rows("set lock_timeout = '2s'")
        deployed.rows(INSERT, datetime.now(UTC))  # before the other transaction has committed
    assert months(deployed)[month_name(0)] == 1


def test_a_report_that_reads_for_long_is_not_waited_for(deployed: DeployedFunctions) -> None:
    with psycopg.connect(deployed.database.superuser_url) as report:
        report.execute("select count(*) from analytics_events")
        with pytest.raises(Unavailable) as refused:
            run(deployed)
    assert isinstance(refused.value.__cause__, psycopg.errors.LockNotAvailable)
    assert run(deployed)["made"] == 4


def test_two_runs_at_once_make_each_month_once(deployed: DeployedFunctions) -> None:
    with ThreadPoolExecutor(2) as pool, db.transaction(SERVICE) as conn:
        first = queries.make_months(conn, 3)
        second = pool.submit(_make_in_another_thread)
        waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        while not deployed.rows(waiting) and not second.done():
            pass
        conn.commit()
    assert (first, second.result()) == (4, 0)


def _make_in_another_thread() -> int | None:
    with psycopg.connect(db._database("database-worker")._url()) as conn:  # pyright: ignore[reportPrivateUsage]
        conn.execute("select public.begin_request('service_role', '{}')")
        found = conn.execute("select private.make_analytics_months(3)").fetchone()
    return found[0] if found else None


def test_quotas_of_past_days_are_forgotten(deployed: DeployedFunctions) -> None:
    count = "select count(*) as count from private.analytics_quotas"
    deployed.rows("insert into private.analytics_quotas values ('visitors', date_trunc('hour', now()), 1, 2)")
    run(deployed)
    assert deployed.row(count) == {"count": 1}
    deployed.rows("update private.analytics_quotas set hour = hour - interval '26 hours'")
    run(deployed)
    assert deployed.row(count) == {"count": 0}
