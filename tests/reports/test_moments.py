"""Sums stay exact while others write, add up or rebuild, however their transactions lie."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from random import Random

import psycopg
import pytest

from tests.reports.histories import MIDNIGHT, Author
from tests.reports.office import ReportReader, days
from tests.reports.test_exact import run
from tests.seats.simulation import PlatformSimulation

REBUILD = "select private.rebuild_reports()"
FOLD = "select private.fold_report_changes(null)"
NAIVE_FOLD = """
    create or replace function private.fold_report_changes(most integer) returns integer
    language plpgsql set search_path = ''
    as $$
    begin
      insert into private.report_quarters
      select quarter, currency, sum(sign * users), sum(sign * registrations), sum(sign * confirmed), sum(sign * paid),
        sum(sign * free), sum(sign * cancelled), sum(sign * expired), sum(sign * payments), sum(sign * gross),
        sum(sign * fees), sum(sign * tax), sum(sign * refunds), sum(sign * refunded), sum(sign * feedback),
        sum(sign * rating), sum(sign * referrals), sum(sign * converted), sum(sign * rewarded)
      from private.report_changes group by quarter, currency;
      perform pg_advisory_xact_lock(42);
      delete from private.report_changes;
      return 0;
    end
    $$
"""
"""Reads, then deletes what is there by then."""


@contextmanager
def open_transaction(office: ReportReader) -> Generator[psycopg.Connection]:
    """A person has signed up in it, and it commits at the end."""
    with psycopg.connect(office.platform.database.superuser_url) as conn:
        conn.execute(
            "insert into profiles (id, email, created_at) values (gen_random_uuid(), 'new@example.com', %s)",
            (MIDNIGHT,),
        )
        yield conn
        conn.commit()


def users(office: ReportReader) -> int:
    return office.report("overview", startDate="2026-03-10", endDate="2026-03-10")["users"]


@pytest.mark.parametrize("step", [FOLD, REBUILD])
def test_what_commits_after_it_was_summed_up_is_still_counted(office: ReportReader, step: str) -> None:
    with open_transaction(office), office.platform.database.look() as other:
        other.execute(step.encode())
        assert users(office) == 0
    assert users(office) == 1
    with office.platform.database.look() as other:
        other.execute(FOLD)
    assert (users(office), office.differences()) == (1, [])


@pytest.mark.parametrize("step", [FOLD, REBUILD])
def test_a_report_made_in_the_middle_says_the_same(office: ReportReader, step: str) -> None:
    office.days = [days("2026-03-01", "2026-03-20")]
    author = Author(Random(7), [office.platform.event()], [office.admin])
    with office.platform.database.look() as conn, conn.transaction():
        run(conn, [statement for _ in range(30) for statement in author.history()])
    with psycopg.connect(office.platform.database.superuser_url) as conn:
        conn.execute(step.encode())
        assert office.differences() == []
    assert office.differences() == []
    assert office.platform.rows("select 1 from private.report_changes") == []


def test_a_second_run_leaves_the_first_alone(office: ReportReader) -> None:
    with psycopg.connect(office.platform.database.superuser_url) as first:
        assert first.execute(FOLD).fetchone() == (1,)
        with office.platform.database.look() as second:
            assert second.execute(FOLD).fetchone() == (0,)


def test_a_naive_way_of_adding_up_would_lose_what_commits_meanwhile(office: ReportReader) -> None:
    """The negative control of folding in one statement."""
    with office.platform.database.look() as conn:
        (original,) = conn.execute(
            "select pg_get_functiondef('private.fold_report_changes(integer)'::regprocedure)"
        ).fetchone() or ("",)
        conn.execute(NAIVE_FOLD)
        try:
            with psycopg.connect(office.platform.database.superuser_url) as gate, ThreadPoolExecutor(1) as pool:
                gate.execute("select pg_advisory_xact_lock(42)")
                fold = pool.submit(sum_up, office)
                wait_for(lambda: waits_for_lock(conn))
                with open_transaction(office):
                    pass
                gate.rollback()
                fold.result(60)
            assert users(office) == 0
        finally:
            conn.execute(original.encode())


def test_crowds_of_writers_and_sums_lose_nothing(office: ReportReader) -> None:
    office.days = [days("2026-01-01", "2026-06-30")]
    events = [office.platform.event(starts_at=MIDNIGHT + timedelta(days=n)) for n in range(4)]
    done = threading.Event()

    def student(number: int) -> None:
        author = Author(Random(number), events, [office.admin])
        with office.platform.database.look() as conn:
            for _ in range(40):
                run(conn, author.history())

    def accountant(step: str) -> int:
        with office.platform.database.look() as conn:
            for turn in count():
                conn.execute(step.encode())
                if done.is_set():
                    return turn
        return 0

    with ThreadPoolExecutor(7) as pool:
        folding = [pool.submit(accountant, step) for step in (FOLD, FOLD, REBUILD)]
        writing = [pool.submit(student, number) for number in range(4)]
        try:
            for each in writing:
                each.result()
        finally:
            done.set()
        assert all(each.result() >= 0 for each in folding)
    assert office.differences() == []


def test_rows_changed_past_the_triggers_are_found_by_a_rebuild(office: ReportReader) -> None:
    office.platform.confirmed(office.platform.profile(), office.platform.event())
    office.refresh()
    with office.platform.database.look() as conn:
        conn.execute("set session_replication_role = replica")
        conn.execute("delete from registrations")
    assert office.differences() != []
    with psycopg.connect(office.platform.database.owner_url, autocommit=True) as owner:
        owner.execute(REBUILD)
    assert office.differences() == []


def test_reports_equal_the_rows_that_the_services_write(office: ReportReader) -> None:
    """Buying, paying twice, cancelling, refunds, referrals and rewards as the functions do them."""
    random = Random(11)
    with office.platform.database.look() as look:
        simulation = PlatformSimulation(office.platform.database, look)
        people = [simulation.person() for _ in range(12)]
        courses = [simulation.event(capacity=8), simulation.event(capacity=20)]
        bought = [
            (person, simulation.buy(person, course, people[0] if number else None))
            for course in courses
            for number, person in enumerate(people[:7])
        ]
        for order in random.sample(list(simulation.razorpay.orders), 5):
            simulation.razorpay.pay(order, "captured")
        for person, seat in random.sample(bought, 6):
            simulation.cancel(person, seat)
        simulation.process_referrals()
        while simulation.razorpay.webhooks:
            simulation.deliver(*simulation.razorpay.webhooks.pop())
        simulation.now += timedelta(hours=1)
        simulation.send_refunds()
        simulation.razorpay.complete_refunds()
        while simulation.razorpay.webhooks:
            simulation.deliver(*simulation.razorpay.webhooks.pop())
    (money,) = office.report("overview")["revenue"]
    assert (money["payments"], money["refunds"]) == (19, 11)
    assert office.differences() == []


def sum_up(office: ReportReader) -> None:
    with office.platform.database.look() as conn:
        conn.execute(FOLD)


def waits_for_lock(conn: psycopg.Connection) -> bool:
    row = conn.execute("select count(*) from pg_locks where locktype = 'advisory' and not granted").fetchone()
    return row is not None and row[0] > 0


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        threading.Event().wait(0.01)
