"""Who was there: joined, absent and minutes, as certificates count them."""

from datetime import timedelta

import pytest
import time_machine

from tests.reports.office import ReportReader
from tests.sessions.classroom import HOUR, MINUTE, START, Classroom


@pytest.fixture
def classroom(office: ReportReader):
    event_id = office.platform.event(starts_at=START, ends_at=START + 2 * HOUR, capacity=1000)
    with time_machine.travel(START, tick=False) as clock:
        yield Classroom(office.platform, clock, event_id)


def test_minutes_are_those_that_count_for_certificates(office: ReportReader, classroom: Classroom) -> None:
    students = classroom.students(6)
    classroom.check_in(*students[4])
    for number, student in enumerate(students[:4]):
        classroom.attend(student, START - 5 * MINUTE, START + number * 10 * MINUTE + timedelta(seconds=50))
        classroom.attend(student, START + 50 * MINUTE, START + (60 + 30 * number) * MINUTE)
    classroom.at(START + HOUR + 7 * MINUTE)
    (during,) = office.report("attendance")["sessions"]
    minutes = sum(classroom.minutes(seat, START + HOUR + 7 * MINUTE) for _, seat in students)
    assert (during["confirmed"], during["joined"], during["noShows"], during["minutes"]) == (6, 5, None, minutes)
    classroom.at(START + 3 * HOUR)
    (after,) = office.report("attendance")["sessions"]
    minutes = sum(classroom.minutes(seat, START + 3 * HOUR) for _, seat in students)
    assert (after["joined"], after["noShows"], after["noShowRate"]) == (5, 1, 0.1667)
    assert after["minutes"] == minutes > during["minutes"]


def test_a_course_counts_who_was_in_any_session_and_still_has_a_seat(
    office: ReportReader, classroom: Classroom
) -> None:
    students = classroom.students(5)
    for student in students[:3]:
        classroom.attend(student, START, START + HOUR)
    office.platform.rows("update registrations set status = 'cancelled' where id = %s", students[0][1])
    (course,) = office.report("events")["events"]
    assert (course["attended"], course["noShows"], course["noShowRate"]) == (2, None, None)
    classroom.at(START + 3 * HOUR)
    (course,) = office.report("events")["events"]
    assert (course["registrations"]["confirmed"], course["seatsTaken"]) == (4, 4)
    assert (course["attended"], course["noShows"], course["noShowRate"]) == (2, 2, 0.5)


def test_sessions_come_in_pages_of_their_days(office: ReportReader, classroom: Classroom) -> None:
    for number in range(4):
        office.platform.event(starts_at=START + timedelta(days=number), ends_at=START + timedelta(days=number, hours=1))
    query = {"startDate": "2026-03-11", "endDate": "2026-03-13", "limit": "2"}
    found = office.pages("attendance", "sessions", **query)
    assert [each["startsAt"][:10] for each in found] == ["2026-03-13", "2026-03-12", "2026-03-11"]
