"""C4 of the reliability rules: fifty at one door; with the door's lock taken off, the same test fails."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from functions.session_management import service
from functions.session_management.models import Attendance, CheckIn, ClientDevice
from shared import db
from shared.actors import service_for
from shared.errors import Conflict
from tests.sessions.classroom import HOUR, MINUTE, START, Classroom

CLIENTS = 50
DEVICE = ClientDevice(ip_address="203.0.113.7", user_agent="tests")

type Student = tuple[UUID, UUID]


def through_the_service(classroom: Classroom) -> Callable[[Student], UUID]:
    def check_in(student: Student) -> UUID:
        user_id, registration_id = student
        asked = CheckIn(registration_id=registration_id, event_id=classroom.event_id)
        with db.transaction(service_for(user_id)) as conn:
            return service.check_in(conn, user_id, asked, DEVICE, opens=30 * MINUTE, now=START)[0].id

    return check_in


def look_then_insert(classroom: Classroom) -> Callable[[Student], UUID]:
    """The negative control: reads whether an attendance interval is open, then opens one."""
    session_id = classroom.platform.row("select id from event_sessions")["id"]

    def check_in(student: Student) -> UUID:
        user_id, registration_id = student
        with db.transaction(service_for(user_id)) as conn:
            found = conn.execute(
                "select id from session_attendance where registration_id = %s and check_out_time is null",
                (registration_id,),
            ).fetchone()
            conn.execute("select pg_sleep(0.02)")
            if found:
                return found[0]
            stay = uuid4()
            conn.execute(
                "insert into session_attendance (id, registration_id, user_id, event_id, session_id, check_in_time)"
                " values (%s, %s, %s, %s, %s, %s)",
                (stay, registration_id, user_id, classroom.event_id, session_id, START),
            )
            return stay

    return check_in


def open_stays(classroom: Classroom) -> int:
    return classroom.platform.row("select count(*) as n from session_attendance where check_out_time is null")["n"]


def test_fifty_check_ins_at_once_open_one_stay(classroom: Classroom) -> None:
    student = classroom.student()
    found = classroom.platform.at_once(through_the_service(classroom), [student] * CLIENTS, threads=CLIENTS)
    assert len(set(found)) == 1
    assert open_stays(classroom) == 1


def test_without_the_lock_fifty_check_ins_open_many(unlocked_classroom: Classroom) -> None:
    student = unlocked_classroom.student()
    unlocked_classroom.platform.at_once(look_then_insert(unlocked_classroom), [student] * 16, threads=16)
    assert open_stays(unlocked_classroom) > 1


def test_check_outs_at_once_end_a_stay_once_and_agree(classroom: Classroom) -> None:
    user_id, registration_id = student = classroom.student()
    attendance_id = UUID(classroom.check_in(*student).body["attendance"]["id"])

    def check_out(minutes: int) -> Attendance:
        with db.transaction(service_for(user_id)) as conn:
            return service.check_out(conn, user_id, attendance_id, START + minutes * MINUTE)

    stays = classroom.platform.at_once(check_out, range(1, 17), threads=16)
    assert len({(stay.check_out_time, stay.duration_minutes) for stay in stays}) == 1
    tracked = classroom.platform.rows("select 1 from analytics_events where event_name = 'session_check_out'")
    assert len(tracked) == 1
    assert classroom.minutes(registration_id, START + 2 * HOUR) == stays[0].duration_minutes


def test_two_devices_that_come_and_go_at_once_leave_no_stay_behind(classroom: Classroom) -> None:
    """Check-in and check-out of one student from many devices: every stay ends, none is counted twice."""
    student = classroom.student()
    check_in = through_the_service(classroom)

    def come_and_go(_: int) -> None:
        try:
            attendance_id = check_in(student)
        except Conflict as refusal:
            if refusal.code != "checked_out":  # the other device left between our two statements
                raise
            return
        with db.transaction(service_for(student[0])) as conn:
            service.check_out(conn, student[0], attendance_id, START + MINUTE)

    classroom.platform.at_once(come_and_go, range(64), threads=16)
    assert open_stays(classroom) == 0
    assert classroom.minutes(student[1], START + 2 * HOUR) <= 1


def minutes_by_hand(stays: list[tuple[int, int]], sessions: list[tuple[int, int]]) -> int:
    """The seconds that lie in a stay and in its session, each counted once, in whole minutes."""
    seconds = {second for (a, b), (start, end) in zip(stays, sessions, strict=True)
               for second in range(max(a, start), min(b, end))}  # fmt: skip
    return len(seconds) // 60


SPAN = strategies.tuples(strategies.integers(-600, 2400), strategies.integers(0, 1500))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.lists(SPAN, min_size=1, max_size=6), strategies.integers(1, 1800))
def test_minutes_are_merged_and_clipped_as_by_hand(
    classroom: Classroom, spans: list[tuple[int, int]], length: int
) -> None:
    stays = [(start, start + seconds) for start, seconds in spans]
    with classroom.platform.database.look() as conn, conn.transaction(force_rollback=True):
        registration_id = _attended(conn, classroom, stays, length)
        row = conn.execute(
            "select private.attended_minutes(%s, 'infinity'), (select sum(duration_minutes) from session_attendance)",
            (registration_id,),
        ).fetchone()
    assert row is not None
    assert row[0] == minutes_by_hand(stays, [(0, length)] * len(stays))
    assert row[1] == sum(seconds // 60 for _, seconds in spans)


def _attended(conn: psycopg.Connection[Any], classroom: Classroom, stays: list[tuple[int, int]], length: int) -> UUID:
    user_id, registration_id = uuid4(), uuid4()
    second = timedelta(seconds=1)
    conn.execute("update events set starts_at = %s, ends_at = %s", (START, START + length * second))
    conn.execute("insert into profiles (id, email) values (%s, %s)", (user_id, f"{user_id}@example.com"))
    conn.execute(
        "insert into registrations (id, user_id, event_id, status, payment_status, amount, currency, confirmed_at)"
        " values (%s, %s, %s, 'confirmed', 'completed', 0, 'INR', now())",
        (registration_id, user_id, classroom.event_id),
    )
    conn.cursor().executemany(
        "insert into session_attendance (registration_id, user_id, event_id, session_id, check_in_time,"
        " check_out_time, closed_by) select %s, %s, %s, id, %s, %s, 'student' from event_sessions",
        [
            (registration_id, user_id, classroom.event_id, START + came * second, START + left * second)
            for came, left in stays
        ],
    )
    return registration_id


@pytest.mark.parametrize("overlap", [True, False])
def test_the_negative_control_of_merging_counts_overlaps_twice(classroom: Classroom, *, overlap: bool) -> None:
    """A plain sum of durations is wrong exactly when stays overlap, which two devices can bring about."""
    stays = [(0, 600), (300, 900)] if overlap else [(0, 600), (600, 900)]
    with classroom.platform.database.look() as conn, conn.transaction(force_rollback=True):
        registration_id = _attended(conn, classroom, stays, 7200)
        row = conn.execute(
            "select private.attended_minutes(%s, 'infinity') = (select sum(duration_minutes) from session_attendance)",
            (registration_id,),
        ).fetchone()
    assert row == (not overlap,)
