"""Q6 of the reliability rules: courses move by their own instants, whenever and however often the job runs."""

import random
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from functions.update_event_status import queries
from shared import db
from shared.actors import SERVICE
from shared.certificates import eligibility
from shared.certificates import queries as certificates
from tests.sessions.classroom import HOUR, MINUTE, START, Classroom

SECOND = timedelta(seconds=1)
ZONES = ("Asia/Kolkata", "UTC")
INSERT = """
    insert into events (id, title, category, status, starts_at, ends_at, time_zone, capacity)
    values (%s, 'Midnight course', 'technical', %s, %s, %s, %s, 10)
"""


def midnight(zone: str, day: int) -> datetime:
    return datetime(2026, 3, 1, tzinfo=ZoneInfo(zone)) + timedelta(days=day)


def expected(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """What the course is, read off its own instants."""
    if now < starts_at:
        return "upcoming"
    return "ongoing" if now < ends_at else "completed"


def around_midnights(random_: random.Random, count: int) -> list[tuple[str, datetime, datetime]]:
    """Courses that begin and end within seconds of midnights, in both zones."""
    courses: list[tuple[str, datetime, datetime]] = []
    for number in range(count):
        zone = ZONES[number % 2]
        start = midnight(zone, random_.randrange(3)) + random_.randrange(-2, 3) * SECOND
        courses.append((zone, start, start + random_.choice([SECOND, HOUR, 24 * HOUR]) + random_.randrange(3) * SECOND))
    return courses


def statuses(classroom: Classroom) -> dict[UUID, str]:
    return {row["id"]: row["status"] for row in classroom.platform.rows("select id, status from events")}


def plant(classroom: Classroom, courses: list[tuple[str, datetime, datetime]]) -> dict[UUID, tuple[datetime, datetime]]:
    ids = {uuid4(): course for course in courses}
    with classroom.platform.database.look() as conn, conn.cursor() as cursor:
        cursor.executemany(INSERT, [(each, "upcoming", start, end, zone) for each, (zone, start, end) in ids.items()])
    return {each: (start, end) for each, (_, start, end) in ids.items()}


def test_a_thousand_instants_around_midnights_in_kolkata_and_utc(classroom: Classroom) -> None:
    random_ = random.Random(5)
    courses = plant(classroom, around_midnights(random_, 40))
    instants = sorted(
        midnight(zone, day) + offset * SECOND
        for zone in ZONES
        for day in range(5)
        for offset in [*random_.sample(range(-120, 121), 97), -1, 0, 1]
    )
    assert len(instants) == 1000
    with db.transaction(SERVICE) as conn:
        for now in instants:
            queries.begin_events(conn, now)
            queries.complete_events(conn, queries.lock_ending(conn, now), now)
            found = dict(conn.execute("select id, status from events where title = 'Midnight course'").fetchall())
            assert found == {each: expected(*when, now) for each, when in courses.items()}, now


def test_the_negative_control_by_calendar_days_is_wrong_around_midnight(classroom: Classroom) -> None:
    """What a job that compares UTC dates would say, as midnight jobs do."""
    start = midnight("Asia/Kolkata", 1)
    end = start + 2 * HOUR
    (event_id,) = plant(classroom, [("Asia/Kolkata", start, end)])
    wrong = 0
    for now in (start - SECOND, start, start + HOUR, end - SECOND, end, end + HOUR):
        by_days = "upcoming" if now.astimezone(UTC).date() < start.astimezone(UTC).date() else "ongoing"
        by_days = "completed" if now.astimezone(UTC).date() > end.astimezone(UTC).date() else by_days
        wrong += by_days != expected(start, end, now)
        classroom.at(now)
        classroom.update_status()
        assert statuses(classroom)[event_id] == expected(start, end, now)
    assert wrong > 0


def test_after_a_day_without_runs_one_run_catches_up(classroom: Classroom) -> None:
    student = classroom.student()
    classroom.check_in(*student)
    classroom.at(START + 26 * HOUR)
    first, second = classroom.update_status(), classroom.update_status()
    assert first == {"success": True, "begun": 1, "completed": 1, "attendanceClosed": 1}
    assert second == {"success": True, "begun": 0, "completed": 0, "attendanceClosed": 0}
    row = classroom.platform.row("select status, completed_at from events")
    assert row == {"status": "completed", "completed_at": START + 2 * HOUR}
    assert classroom.minutes(student[1], START + 26 * HOUR) == 120


def test_two_runs_at_once_end_as_one_run_does_in_a_hundred_trials(classroom: Classroom) -> None:
    """Two environments that are kept, as Lambda keeps them; between trials the clock moves and the state is read."""
    random_ = random.Random(6)
    days = [START + day * 24 * HOUR for day in range(100)]
    courses = plant(
        classroom,
        [("UTC", day + random_.randrange(60) * MINUTE, day + random_.randrange(61, 120) * MINUTE) for day in days],
    )
    instants = iter([day + random_.randrange(130) * MINUTE for day in days])
    checked: list[datetime] = []

    def next_trial() -> None:
        if checked:
            now = checked[-1]
            found = statuses(classroom)
            assert {each: found[each] for each in courses} == {
                each: expected(*when, now) for each, when in courses.items()
            }
        if (now := next(instants, None)) is not None:
            checked.append(now)
            classroom.at(now)

    together = threading.Barrier(2, next_trial, timeout=60)

    def run(_: int) -> None:
        for _trial in days:
            together.wait()
            classroom.platform.invoke("update_event_status", {"source": "schedule", "job": "update-event-status"})
        together.wait()

    classroom.platform.at_once(run, range(2), threads=2)
    assert len(checked) == 100


def test_the_negative_control_that_moves_one_step_a_run_is_wrong_when_run_twice(classroom: Classroom) -> None:
    (event_id,) = plant(classroom, [("UTC", START, START + HOUR)])
    for _ in range(2):
        classroom.platform.rows(
            "update events set status = case status when 'upcoming' then 'ongoing' else 'completed' end"
            " where status <> 'completed' and starts_at <= %s",
            START,
        )
    assert statuses(classroom)[event_id] != expected(START, START + HOUR, START)


def test_drafts_and_cancelled_courses_stay_what_they_are(classroom: Classroom) -> None:
    with classroom.platform.database.look() as conn:
        for status in ("draft", "cancelled"):
            conn.execute(INSERT, (uuid4(), status, START - 3 * HOUR, START - HOUR, "UTC"))
    classroom.update_status()
    found = classroom.platform.rows("select status from events where title = 'Midnight course' order by status")
    assert [row["status"] for row in found] == ["cancelled", "draft"]


def test_a_course_is_completed_only_when_its_last_session_is_over(classroom: Classroom) -> None:
    classroom.platform.rows(
        "insert into event_sessions (event_id, starts_at, ends_at) values (%s, %s, %s)",
        classroom.event_id,
        START + 3 * HOUR,
        START + 4 * HOUR,
    )
    classroom.at(START + 2 * HOUR)
    classroom.update_status()
    assert classroom.status() == "ongoing"
    classroom.at(START + 4 * HOUR)
    classroom.update_status()
    row = classroom.platform.row("select status, completed_at from events")
    assert row == {"status": "completed", "completed_at": START + 4 * HOUR}


def test_completing_a_course_makes_its_certificates_due(classroom: Classroom) -> None:

    classroom.platform.rows("update events set minimum_attendance_minutes = 60")
    stayed, left_early = classroom.student(), classroom.student()
    classroom.check_in(*stayed)
    classroom.attend(left_early, START, START + 59 * MINUTE)

    def reasons() -> list[str | None]:
        with db.transaction(SERVICE, read_only=True) as conn:
            facts = {each.registration_id: each for each in certificates.find_facts(conn, [stayed[1], left_early[1]])}
        return [eligibility.reason_not_due(facts[each]) for each in (stayed[1], left_early[1])]

    assert reasons() == ["event_not_completed", "event_not_completed"]
    classroom.at(START + 3 * HOUR)
    classroom.update_status()
    assert reasons() == [None, "attendance"]
