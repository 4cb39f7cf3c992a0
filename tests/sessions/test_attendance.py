"""Check-in, check-out and history: who may, when, and how long it counts."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.sessions.classroom import HOUR, MINUTE, START, Classroom


def test_a_student_checks_in_and_out_and_the_minutes_are_told(classroom: Classroom) -> None:
    user_id, registration_id = classroom.student()
    came = classroom.check_in(user_id, registration_id)
    classroom.at(START + 50 * MINUTE)
    left = classroom.check_out(user_id, came.body["attendance"]["id"])
    assert (came.status, came.body["attendance"]["durationMinutes"]) == (201, None)
    assert (left.status, left.body["success"], left.body["attendance"]["durationMinutes"]) == (200, True, 50)
    assert datetime.fromisoformat(left.body["attendance"]["checkOutTime"]) == START + 50 * MINUTE
    row = classroom.platform.row("select host(ip_address) as ip, user_agent, closed_by from session_attendance")
    assert row == {"ip": "203.0.113.7", "user_agent": "tests", "closed_by": "student"}


def test_checking_in_and_out_is_tracked_as_the_student_s_own(classroom: Classroom) -> None:
    student = classroom.student()
    stay = classroom.attend(student, START, START + HOUR)
    classroom.check_out(student[0], stay["id"])
    found = classroom.platform.rows(
        "select user_id, event_name, event_category, event_data from analytics_events order by event_name"
    )
    data = {"attendanceId": stay["id"], "eventId": str(classroom.event_id)}
    assert [(row["user_id"], row["event_name"], row["event_category"]) for row in found] == [
        (student[0], "session_check_in", "engagement"),
        (student[0], "session_check_out", "engagement"),
    ]
    assert [row["event_data"] for row in found] == [data | {"durationMinutes": None}, data | {"durationMinutes": 60}]


def test_checking_in_again_finds_the_same_stay(classroom: Classroom) -> None:
    student = classroom.student()
    first = classroom.check_in(*student)
    classroom.at(START + 10 * MINUTE)
    again = classroom.check_in(*student)
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body


def test_checking_out_again_changes_nothing(classroom: Classroom) -> None:
    student = classroom.student()
    stay = classroom.attend(student, START, START + HOUR)
    classroom.at(START + 90 * MINUTE)
    again = classroom.check_out(student[0], stay["id"])
    assert (again.status, again.body["attendance"]) == (200, stay)


def test_coming_back_is_another_stay_and_both_count_once(classroom: Classroom) -> None:
    student = classroom.student()
    first = classroom.attend(student, START, START + 30 * MINUTE)
    second = classroom.attend(student, START + 45 * MINUTE, START + 75 * MINUTE)
    assert first["id"] != second["id"]
    assert [each["durationMinutes"] for each in (first, second)] == [30, 30]
    assert classroom.minutes(student[1], START + 2 * HOUR) == 60
    newest_first = [each["id"] for each in classroom.history(student[0]).body["history"]]
    assert newest_first == [second["id"], first["id"]]


def test_what_was_before_and_after_the_session_does_not_count(classroom: Classroom) -> None:
    student = classroom.student()
    early = classroom.attend(student, START - 30 * MINUTE, START - 10 * MINUTE)
    late = classroom.attend(student, START + 110 * MINUTE, START + 180 * MINUTE)
    assert early["durationMinutes"] == 20
    assert late["durationMinutes"] == 10  # the session ended
    assert classroom.minutes(student[1], START + 3 * HOUR) == 10


def test_a_forgotten_check_out_ends_with_the_session(classroom: Classroom) -> None:
    student = classroom.student()
    classroom.check_in(*student)
    classroom.at(START + 9 * HOUR)
    classroom.update_status()
    (stay,) = classroom.history(student[0]).body["history"]
    assert datetime.fromisoformat(stay["checkOutTime"]) == START + 2 * HOUR
    assert stay["durationMinutes"] == 120


def test_who_forgot_to_leave_the_morning_may_enter_the_afternoon(classroom: Classroom) -> None:
    student = classroom.student()
    afternoon = START + 4 * HOUR
    classroom.platform.rows(
        "insert into event_sessions (event_id, starts_at, ends_at) values (%s, %s, %s)",
        classroom.event_id,
        afternoon,
        afternoon + 2 * HOUR,
    )
    morning_stay = classroom.check_in(*student).body["attendance"]
    classroom.at(afternoon)
    came = classroom.check_in(*student)
    assert came.status == 201
    assert came.body["attendance"]["sessionId"] != morning_stay["sessionId"]
    past = classroom.history(student[0]).body["history"][1]
    assert (past["id"], past["durationMinutes"]) == (morning_stay["id"], 120)


@pytest.mark.parametrize(
    ("minutes", "status", "code"),
    [(-31, 409, "too_early"), (-30, 201, None), (0, 201, None), (119, 201, None), (120, 409, "session_over")],
)
def test_the_door_is_open_from_half_an_hour_before_until_the_end(
    classroom: Classroom, minutes: int, status: int, code: str | None
) -> None:
    student = classroom.student()
    classroom.at(START + minutes * MINUTE)
    answer = classroom.check_in(*student)
    assert (answer.status, answer.body.get("code")) == (status, code)


def test_how_early_the_door_opens_is_a_parameter(classroom: Classroom) -> None:
    student = classroom.student()
    classroom.platform.set(CHECKIN_OPENS_MINUTES="5")
    classroom.at(START - 6 * MINUTE)
    assert classroom.check_in(*student).body["code"] == "too_early"
    classroom.at(START - 5 * MINUTE)
    assert classroom.check_in(*student).status == 201


@pytest.mark.parametrize(
    ("columns", "status", "code"),
    [
        ({"status": "pending", "payment_status": "pending", "hold_expires_at": START}, 403, "payment_incomplete"),
        ({"status": "pending", "payment_status": "failed", "hold_expires_at": START}, 403, "payment_incomplete"),
        ({"payment_status": "refunded"}, 403, "payment_incomplete"),
        ({"status": "cancelled", "payment_status": "refunded"}, 404, "not_registered"),
        ({"status": "expired", "payment_status": "pending"}, 404, "not_registered"),
        ({"payment_status": "free"}, 201, None),
    ],
)
def test_only_a_confirmed_paid_or_free_seat_gets_in(
    classroom: Classroom, columns: dict[str, object], status: int, code: str | None
) -> None:
    answer = classroom.check_in(*classroom.student(**columns))
    assert (answer.status, answer.body.get("code")) == (status, code)


def test_nobody_gets_into_a_cancelled_course(classroom: Classroom) -> None:
    student = classroom.student()
    classroom.platform.rows("update events set status = 'cancelled', cancelled_at = now()")
    answer = classroom.check_in(*student)
    assert (answer.status, answer.body["code"]) == (409, "event_cancelled")


def test_somebody_else_s_registration_looks_like_none(classroom: Classroom) -> None:
    _, theirs = classroom.student()
    mine, my_registration = classroom.student()
    foreign = classroom.check_in(mine, theirs)
    unknown = classroom.check_in(mine, uuid4())
    of_another_course = classroom.check_in(mine, my_registration, uuid4())
    for answer in (foreign, unknown, of_another_course):
        body = {name: value for name, value in answer.body.items() if name != "requestId"}
        assert (answer.status, body["code"]) == (404, "not_registered")
        assert body == {name: value for name, value in unknown.body.items() if name != "requestId"}


def test_somebody_else_s_stay_looks_like_none_and_stays_open(classroom: Classroom) -> None:
    student = classroom.student()
    stay = classroom.check_in(*student).body["attendance"]
    stranger, _ = classroom.student()
    for attendance_id in (stay["id"], uuid4()):
        answer = classroom.check_out(stranger, attendance_id)
        assert (answer.status, answer.body["code"]) == (404, "not_checked_in")
    assert classroom.platform.row("select check_out_time from session_attendance")["check_out_time"] is None
    assert classroom.history(stranger).body["history"] == []


def test_a_body_that_does_not_fit_the_action_is_refused(classroom: Classroom) -> None:
    user_id, _ = classroom.student()
    answer = classroom.platform.request(
        "session_management",
        "POST",
        "session-management",
        user=user_id,
        query={"action": "checkin"},
        body={"attendanceId": str(uuid4())},
    )
    assert (answer.status, answer.body["code"]) == (422, "invalid")


def test_history_comes_in_pages(classroom: Classroom) -> None:
    student = classroom.student()
    stays = [classroom.attend(student, START + n * MINUTE, START + n * MINUTE)["id"] for n in range(5)]
    first = classroom.history(student[0], limit="3").body
    rest = classroom.history(student[0], limit="3", cursor=first["nextCursor"]).body
    assert [each["id"] for each in first["history"] + rest["history"]] == stays[::-1]
    assert rest["nextCursor"] is None
    assert first["history"][0]["event"]["title"] == "Rust in a day"


@pytest.mark.parametrize("minutes_back", [1, 5, 60, 24 * 60])
def test_a_clock_that_steps_back_makes_no_negative_minutes(classroom: Classroom, minutes_back: int) -> None:
    student = classroom.student()
    stay = classroom.attend(student, START + 60 * MINUTE, START + (60 - minutes_back) * MINUTE)
    assert stay["durationMinutes"] == 0
    assert stay["checkOutTime"] == stay["checkInTime"]
    assert classroom.minutes(student[1], START - HOUR) == 0
    assert classroom.minutes(student[1], START + 2 * HOUR) == 0


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Asia/Kolkata", datetime(2026, 3, 10, 18, 0, tzinfo=UTC)),  # 23:30, over midnight
        ("UTC", datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),  # over the year's end
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),  # the hour that is left out
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # the hour that comes twice
    ],
)
def test_a_minute_is_a_minute_across_midnight_and_clock_changes(
    classroom: Classroom, zone: str, start: datetime
) -> None:
    classroom.platform.rows(
        "update events set time_zone = %s, starts_at = %s, ends_at = %s", zone, start, start + 2 * HOUR
    )
    student = classroom.student()
    stay = classroom.attend(student, start, start + 90 * MINUTE)
    assert stay["durationMinutes"] == 90
    assert classroom.minutes(student[1], start + 2 * HOUR) == 90


def test_a_started_minute_does_not_count(classroom: Classroom) -> None:
    student = classroom.student()
    stay = classroom.attend(student, START, START + timedelta(minutes=9, seconds=59))
    assert stay["durationMinutes"] == 9
    assert classroom.minutes(student[1], START + 2 * HOUR) == 9
