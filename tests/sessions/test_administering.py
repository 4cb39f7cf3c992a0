"""Administrators plan sessions and see who attends."""

import csv
import io
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.deployed import Answer
from tests.sessions.classroom import HOUR, MINUTE, START, Classroom


class CourseDesk:
    """An administrator of the classroom's course."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom = classroom
        self.admin_id = classroom.platform.profile(admin=True)

    def ask(self, method: str, path: str, event_id: UUID | None = None, **more: Any) -> Answer:
        whole = f"admin/events/{event_id or self.classroom.event_id}/{path}"
        return self.classroom.platform.request(
            "admin_courses", method, whole, user=self.admin_id, groups=("admin",), **more
        )

    def plan(self, start: datetime, end: datetime | None = None, **more: Any) -> Answer:
        times = {"startsAt": start.isoformat()} | ({"endsAt": end.isoformat()} if end else {})
        return self.ask("POST", "sessions", body=times, **more)

    def change(self, session_id: str, **body: object) -> Answer:
        times = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in body.items()}
        return self.ask("PATCH", f"sessions/{session_id}", body=times)

    def sessions(self) -> list[dict[str, Any]]:
        return self.ask("GET", "sessions").body["sessions"]

    def lengthen_course(self) -> None:
        """Three days, like a course that was created so."""
        self.classroom.platform.rows("update events set ends_at = %s", START + 72 * HOUR)


@pytest.fixture
def office(classroom: Classroom) -> CourseDesk:
    classroom.at(START - 48 * HOUR)
    return CourseDesk(classroom)


def test_a_course_comes_with_one_session_over_its_time(office: CourseDesk) -> None:
    (session,) = office.sessions()
    assert datetime.fromisoformat(session["startsAt"]) == START
    assert datetime.fromisoformat(session["endsAt"]) == START + 2 * HOUR


def test_the_first_planned_session_takes_the_place_of_the_one_a_course_comes_with(office: CourseDesk) -> None:
    office.lengthen_course()
    answers = [office.plan(START + day * 24 * HOUR) for day in range(3)]
    assert [answer.status for answer in answers] == [201, 201, 201]
    found = [(each["startsAt"], each["endsAt"]) for each in office.sessions()]
    assert [datetime.fromisoformat(start) for start, _ in found] == [START + day * 24 * HOUR for day in range(3)]
    assert all(datetime.fromisoformat(end) - datetime.fromisoformat(start) == 2 * HOUR for start, end in found)


def test_students_check_in_to_each_session_and_minutes_add_up(office: CourseDesk) -> None:
    office.lengthen_course()
    for day in range(3):
        office.plan(START + day * 24 * HOUR)
    student = office.classroom.student()
    for day in range(3):
        start = START + day * 24 * HOUR
        office.classroom.attend(student, start, start + (day + 1) * 10 * MINUTE)
    office.classroom.at(START + 12 * HOUR)
    assert office.classroom.check_in(*student).body["code"] == "too_early"
    assert office.classroom.minutes(student[1], START + 72 * HOUR) == 60


def test_sessions_that_do_not_fit_are_refused_with_a_code(office: CourseDesk) -> None:
    office.lengthen_course()
    office.plan(START, START + HOUR)
    for start, end, code in (
        (START - HOUR, START, "outside_course"),
        (START + 71 * HOUR, START + 73 * HOUR, "outside_course"),
        (START + 30 * MINUTE, START + 2 * HOUR, "session_overlap"),
        (START, START + HOUR, "session_overlap"),
    ):
        answer = office.plan(start, end)
        assert (answer.status, answer.body["code"]) == (409, code)
    assert office.plan(START + HOUR, START + HOUR).status == 422
    assert office.plan(START + HOUR, START + 2 * HOUR).status == 201  # one ends as the next begins
    unknown = office.ask("POST", "sessions", uuid4(), body={"startsAt": START.isoformat()})
    assert (unknown.status, unknown.body["code"]) == (404, "not_found")


def test_an_attended_session_keeps_its_start_and_cannot_be_removed(office: CourseDesk) -> None:
    office.lengthen_course()
    session_id = office.plan(START).body["session"]["id"]
    office.plan(START + 24 * HOUR)
    office.classroom.at(START)
    office.classroom.check_in(*office.classroom.student())
    office.classroom.at(START + 30 * MINUTE)
    for answer in (
        office.change(session_id, startsAt=START + 10 * MINUTE),
        office.change(session_id, endsAt=START + 20 * MINUTE),
        office.ask("DELETE", f"sessions/{session_id}"),
    ):
        assert (answer.status, answer.body["code"]) == (409, "session_attended")
    assert office.change(session_id, endsAt=START + 3 * HOUR, title="Day one").status == 200  # it overruns
    office.classroom.at(START + 4 * HOUR)
    over = office.change(session_id, endsAt=START + 5 * HOUR)
    assert (over.status, over.body["code"]) == (409, "session_over")
    assert office.change(session_id, title="Day 1").status == 200


def test_a_course_keeps_one_session_and_an_over_course_all(office: CourseDesk) -> None:
    office.lengthen_course()
    first, second = office.plan(START).body["session"], office.plan(START + 24 * HOUR).body["session"]
    removed = office.ask("DELETE", f"sessions/{first['id']}")
    assert (removed.status, removed.body["session"]["id"]) == (200, first["id"])
    only = office.ask("DELETE", f"sessions/{second['id']}")
    assert (only.status, only.body["code"]) == (409, "only_session")
    gone = office.change(first["id"], title="x")
    assert (gone.status, gone.body["code"]) == (404, "not_found")
    office.classroom.platform.rows("update events set status = 'completed', completed_at = now()")
    for answer in (office.plan(START + 48 * HOUR), office.change(second["id"], title="x")):
        assert (answer.status, answer.body["code"]) == (409, "event_over")


def test_every_change_of_sessions_is_in_the_audit_log(office: CourseDesk) -> None:
    office.lengthen_course()
    session_id = office.plan(START).body["session"]["id"]
    office.plan(START + 24 * HOUR)
    office.change(session_id, title="Day one")
    office.change(session_id, title="Day one")  # changes nothing
    office.ask("DELETE", f"sessions/{session_id}")
    found = office.classroom.platform.rows("select action, old_values from admin_audit_logs order by position")
    actions = [row["action"] for row in found]
    assert actions == ["session.plan", "session.plan", "session.change", "session.remove"]
    assert found[0]["old_values"] is not None  # what the first one replaced


def test_only_administrators_plan_and_see_attendance(office: CourseDesk) -> None:
    student, _ = office.classroom.student()
    for method, path in (("GET", "sessions"), ("GET", "attendance")):
        whole = f"admin/events/{office.classroom.event_id}/{path}"
        by_student = office.classroom.platform.request("admin_courses", method, whole, user=student)
        in_token_only = office.classroom.platform.request(
            "admin_courses", method, whole, user=student, groups=("admin",)
        )
        assert {by_student.status, in_token_only.status} == {403}


def attendance(office: CourseDesk, **query: str) -> Answer:
    return office.ask("GET", "attendance", query=query)


def test_the_report_tells_who_is_present_who_joined_and_who_did_not_come(office: CourseDesk) -> None:
    classroom = office.classroom
    present, left, absent = classroom.student(), classroom.student(), classroom.student()
    classroom.student(status="cancelled")
    classroom.at(START)
    classroom.check_in(*present)
    classroom.attend(left, START + 10 * MINUTE, START + 40 * MINUTE)
    classroom.at(START + 60 * MINUTE)
    summary = attendance(office).body["summary"]
    assert summary == {"confirmed": 3, "presentNow": 1, "joined": 2, "noShows": 0, "minutes": 60 + 30}
    classroom.at(START + 5 * HOUR)
    report = attendance(office).body
    assert report["summary"] == {"confirmed": 3, "presentNow": 0, "joined": 2, "noShows": 1, "minutes": 120 + 30}
    by_registration = {each["registrationId"]: each for each in report["attendees"]}
    assert by_registration[str(absent[1])]["isNoShow"] is True
    assert by_registration[str(left[1])]["minutes"] == classroom.minutes(left[1], START + 5 * HOUR) == 30


def test_the_report_comes_in_pages_that_hold_everybody_once(office: CourseDesk) -> None:
    students = {str(registration_id) for _, registration_id in office.classroom.students(25)}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = attendance(office, limit="10", **cursor).body
        seen += [each["registrationId"] for each in page["attendees"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert len(seen) == 25
    assert set(seen) == students


def test_no_cell_of_the_csv_runs_as_a_formula(office: CourseDesk) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "  =HYPERLINK(1)", 'Asha, "Rao"', "आशा"]
    for name in names:
        user_id = office.classroom.platform.profile(full_name=name)
        office.classroom.platform.confirmed(user_id, office.classroom.event_id)
    answer = attendance(office, format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.removeprefix("\ufeff"))))
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert {row["full_name"].removeprefix("'") for row in rows} == set(names)
    assert not [
        cell for row in rows for cell in row.values() if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t"))
    ]


def test_the_attendance_of_no_course_is_not_found(office: CourseDesk) -> None:
    answer = office.ask("GET", "attendance", uuid4())
    assert (answer.status, answer.body["code"]) == (404, "not_found")
