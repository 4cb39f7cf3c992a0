"""Whoever has a seat is told once when a session or the whole course moves, with new entries for the calendar."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.deployed import Answer
from tests.sessions.calendar_mail import entry_in, mails_of
from tests.sessions.classroom import HOUR, MINUTE, START, Classroom
from tests.sessions.test_administering import CourseDesk
from tests.sessions.test_reminders import remind

DAY = timedelta(days=1)


@pytest.fixture
def office(classroom: Classroom) -> CourseDesk:
    classroom.at(START - 48 * HOUR)
    return CourseDesk(classroom)


def move_course(office: CourseDesk, start: datetime, end: datetime) -> Answer:
    """Both times of the course, as an administrator changes them."""
    classroom = office.classroom
    body = {"startsAt": start.isoformat(), "endsAt": end.isoformat()}
    path = f"admin/events/{classroom.event_id}"
    return classroom.platform.request(
        "admin_courses", "PATCH", path, user=office.admin_id, groups=("admin",), body=body
    )


def told(office: CourseDesk) -> list[dict[str, Any]]:
    """What was queued for mail about moves, the oldest first."""
    found = office.classroom.platform.rows(
        "select user_id, data from notifications_queue where template = 'sessions_moved' and type = 'email'"
        " order by created_at, id"
    )
    return [{"user_id": row["user_id"], **row["data"]} for row in found]


def plan_three_days(office: CourseDesk) -> list[str]:
    office.lengthen_course()
    return [office.plan(START + day * DAY).body["session"]["id"] for day in range(3)]


def starts(office: CourseDesk) -> list[datetime]:
    return [datetime.fromisoformat(each["startsAt"]) for each in office.sessions()]


def test_whoever_has_a_seat_is_told_once_for_each_move_over_every_way(office: CourseDesk) -> None:
    student, _ = office.classroom.student()
    office.classroom.student(status="pending", payment_status="pending", hold_expires_at=START)
    office.lengthen_course()
    session = office.plan(START).body["session"]
    for hours in (1, 1, 2):  # the second says the same again
        times = {"startsAt": START + hours * HOUR, "endsAt": START + (hours + 2) * HOUR}
        assert office.change(session["id"], **times).status == 200
    assert [(each["user_id"], each["sessions"][0]["sequence"]) for each in told(office)] == [(student, 1), (student, 2)]
    assert [datetime.fromisoformat(each["movedFrom"]) for each in told(office)] == [START, START + HOUR]
    ways = office.classroom.platform.rows("select type, count(*) as n from notifications_queue group by type")
    assert {row["type"]: row["n"] for row in ways} == {"email": 2, "sms": 2, "in_app": 2}
    assert len(office.classroom.platform.handed_off()) == 6


def test_another_title_is_no_move(office: CourseDesk) -> None:
    office.classroom.student()
    (session,) = office.sessions()
    assert office.change(session["id"], title="Ownership").status == 200
    assert told(office) == []


@pytest.mark.parametrize("delta", [DAY, -HOUR, timedelta(days=-1), timedelta(weeks=1)])
def test_a_course_that_moves_takes_its_sessions_along_and_is_told_once(office: CourseDesk, delta: timedelta) -> None:
    office.classroom.student()
    plan_three_days(office)
    assert move_course(office, START + delta, START + 3 * DAY + delta).status == 200
    assert starts(office) == [START + day * DAY + delta for day in range(3)]
    (notice,) = told(office)
    assert [each["sequence"] for each in notice["sessions"]] == [1, 1, 1]


def test_a_course_with_the_session_it_came_with_moves_it(office: CourseDesk) -> None:
    office.classroom.student()
    assert move_course(office, START + DAY, START + DAY + 3 * HOUR).status == 200
    assert starts(office) == [START + DAY]
    assert len(told(office)) == 1


def test_a_longer_course_keeps_its_sessions_and_a_shorter_one_must_hold_them(office: CourseDesk) -> None:
    office.classroom.student()
    plan_three_days(office)
    assert move_course(office, START, START + 5 * DAY).status == 200
    refused = move_course(office, START, START + DAY)
    assert (refused.status, refused.body["code"]) == (409, "sessions_outside")
    assert starts(office) == [START + day * DAY for day in range(3)]
    assert told(office) == []


def test_a_course_that_somebody_attended_does_not_move(office: CourseDesk) -> None:
    student = office.classroom.student()
    plan_three_days(office)
    office.classroom.attend(student, START, START + 10 * MINUTE)
    refused = move_course(office, START + DAY, START + 4 * DAY)
    assert (refused.status, refused.body["code"]) == (409, "session_attended")
    assert starts(office) == [START + day * DAY for day in range(3)]


def test_the_mail_brings_an_entry_for_each_session_that_replaces_the_old_one(office: CourseDesk) -> None:
    office.classroom.student(confirmed_at=START - 30 * DAY)
    ids = plan_three_days(office)
    remind(office.classroom, START - 24 * HOUR)
    (reminder,) = mails_of(office.classroom, "session_reminder_24h")
    before = entry_in(reminder.attachments[0].content)
    move_course(office, START + DAY, START + 4 * DAY)
    (mail,) = mails_of(office.classroom, "sessions_moved")
    entries = [entry_in(each.content) for each in mail.attachments]
    assert [(each.uid.value.split(".")[0], each.sequence.value) for each in entries] == [(each, "1") for each in ids]
    assert (before.uid.value, before.sequence.value) == (entries[0].uid.value, "0")
    assert {each.method_of_calendar for each in (before, *entries)} == {"REQUEST"}
    assert "3 sessions have a new time" in mail.text
    assert "Tuesday, 10 March 2026, 7:00 PM IST" in mail.text


def test_a_session_that_is_removed_leaves_the_calendars(office: CourseDesk) -> None:
    office.classroom.student(confirmed_at=START - 30 * DAY)
    ids = plan_three_days(office)
    assert office.ask("DELETE", f"sessions/{ids[1]}").status == 200
    (mail,) = mails_of(office.classroom, "session_cancelled")
    entry = entry_in(mail.attachments[0].content)
    assert (entry.method_of_calendar, entry.status.value, entry.sequence.value) == ("CANCEL", "CANCELLED", "1")
    assert entry.uid.value.startswith(ids[1])
    assert "Wednesday, 11 March 2026" in mail.text


def test_nobody_is_told_of_a_draft_or_by_a_move_that_was_refused(office: CourseDesk) -> None:
    office.classroom.student()
    office.classroom.platform.rows("update events set status = 'draft'")
    assert move_course(office, START + DAY, START + DAY + 2 * HOUR).status == 200
    office.classroom.platform.rows("update events set status = 'completed'")
    assert move_course(office, START, START + 2 * HOUR).body["code"] == "event_over"
    assert told(office) == []


def test_without_its_sequence_the_second_move_would_not_be_told(office: CourseDesk) -> None:
    """The negative control: the key counts moves, and the database counts them."""
    office.classroom.student()
    platform = office.classroom.platform
    platform.rows("alter table event_sessions disable trigger event_sessions_count_change")
    try:
        for days in (1, 2):
            move_course(office, START + days * DAY, START + days * DAY + 2 * HOUR)
    finally:
        platform.rows("alter table event_sessions enable trigger event_sessions_count_change")
    assert len(told(office)) == 1
