"""Joining: one's own link leads into the meeting from a quarter of an hour before, and nobody else's does."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
import vobject

from shared import links
from tests.deployed import Answer
from tests.sessions.classroom import HOUR, MINUTE, START, Classroom

MEETING = "https://meet.example.com/rust"
BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def course(classroom: Classroom) -> Classroom:
    """The course with its meeting."""
    classroom.platform.rows("update events set meeting_url = %s", MEETING)
    return classroom


def session_of(course: Classroom) -> UUID:
    return course.platform.row("select id from event_sessions order by starts_at limit 1")["id"]


def join(course: Classroom, url: str, *, headers: dict[str, str] | None = None) -> Answer:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    path = parts.path.removeprefix("/functions/v1/")
    return course.platform.request("session_management", "GET", path, query=query, headers=headers or {})


def attendances(course: Classroom) -> int:
    return course.platform.row("select count(*) as n from session_attendance")["n"]


def test_the_next_sessions_come_with_ones_own_link_and_when_it_opens(course: Classroom) -> None:
    course.at(START - 2 * HOUR)
    student, registration_id = course.student()
    course.student()
    answer = course.platform.request("session_management", "GET", "sessions", user=student)
    (session,) = answer.body["sessions"]
    assert session["joinUrl"] == links.join_url(session_of(course), registration_id)
    assert session["joinOpensAt"] == (START - 15 * MINUTE).isoformat().replace("+00:00", "Z")
    assert MEETING not in str(answer.body)
    course.at(START + 2 * HOUR)
    assert course.platform.request("session_management", "GET", "sessions", user=student).body["sessions"] == []


@pytest.mark.parametrize("at", [-15 * MINUTE, timedelta(), 2 * HOUR - MINUTE])
def test_ones_own_link_leads_into_the_meeting_and_checks_in_once(course: Classroom, at: timedelta) -> None:
    _, registration_id = course.student()
    course.at(START + at)
    url = links.join_url(session_of(course), registration_id)
    for _ in range(2):
        answer = join(course, url)
        assert (answer.status, answer.headers["location"]) == (302, MEETING)
    assert attendances(course) == 1


@pytest.mark.parametrize(
    ("at", "code"), [(-15 * MINUTE - timedelta(seconds=1), "too_early"), (2 * HOUR, "too_late"), (9 * HOUR, "too_late")]
)
def test_before_and_after_it_says_when_and_checks_nobody_in(course: Classroom, at: timedelta, code: str) -> None:
    _, registration_id = course.student()
    course.at(START + at)
    url = links.join_url(session_of(course), registration_id)
    answer = join(course, url)
    assert (answer.status, answer.body["code"]) == (409, code)
    page = join(course, url, headers=BROWSER)
    assert page.status == 409
    assert ("Tuesday, 10 March 2026, 6:45 PM IST" in page.body) == (code == "too_early")
    assert ("Tuesday, 10 March 2026, 9:00 PM IST" in page.body) == (code == "too_late")
    assert MEETING not in page.body
    assert attendances(course) == 0


def test_the_page_is_in_the_language_of_the_seats_owner(course: Classroom) -> None:
    student, registration_id = course.student()
    course.platform.rows("update profiles set language = 'hi-IN' where id = %s", student)
    course.at(START - HOUR)
    page = join(course, links.join_url(session_of(course), registration_id), headers=BROWSER)
    assert '<html lang="hi">' in page.body
    assert "मंगलवार, 10 मार्च 2026, शाम 6:45 बजे" in page.body


@pytest.mark.parametrize(
    ("columns", "status", "code"),
    [
        ({"status": "cancelled", "cancelled_at": START}, 404, "not_registered"),
        ({"payment_status": "refunded"}, 403, "payment_incomplete"),
        ({"status": "pending", "payment_status": "pending", "confirmed_at": None, "hold_expires_at": START},
         403, "payment_incomplete"),
    ],
)  # fmt: skip
def test_a_seat_that_is_not_paid_or_gone_does_not_join(
    course: Classroom, columns: dict[str, Any], status: int, code: str
) -> None:
    _, registration_id = course.student(**columns)
    answer = join(course, links.join_url(session_of(course), registration_id))
    assert (answer.status, answer.body["code"]) == (status, code)


def test_control_the_same_seat_joins_when_it_is_paid(course: Classroom) -> None:
    student, registration_id = course.student(payment_status="refunded")
    course.platform.rows("update registrations set payment_status = 'completed' where user_id = %s", student)
    assert join(course, links.join_url(session_of(course), registration_id)).status == 302


def test_a_link_is_for_one_session_and_one_seat(course: Classroom) -> None:
    _, registration_id = course.student()
    session_id = session_of(course)
    genuine = links.join_url(session_id, registration_id)
    other = genuine.replace(str(session_id), str(uuid4()))
    forged = genuine[:-4] + ("AAAA" if genuine[-4:] != "AAAA" else "BBBB")
    for url in (other, forged, genuine.partition("?")[0] + "?token=x", links.registration_url(registration_id)):
        path = url if "join" in url else genuine.partition("?")[0] + "?" + url.partition("?")[2]
        assert join(course, path).status == 404
        assert join(course, path, headers=BROWSER).status == 404
    assert join(course, genuine.partition("?")[0]).status == 401
    assert attendances(course) == 0


def test_a_session_with_a_meeting_of_its_own_leads_there(course: Classroom) -> None:
    _, registration_id = course.student()
    course.platform.rows("update event_sessions set meeting_url = 'https://meet.example.com/first'")
    assert join(course, links.join_url(session_of(course), registration_id)).headers["location"].endswith("/first")


def test_without_a_meeting_the_page_says_so_and_nobody_is_checked_in(classroom: Classroom) -> None:
    _, registration_id = classroom.student()
    answer = join(classroom, links.join_url(session_of(classroom), registration_id))
    assert (answer.status, answer.body["code"]) == (409, "meeting_missing")
    assert attendances(classroom) == 0


def feed(course: Classroom, url: str) -> Answer:
    path = urlsplit(url).path.removeprefix("/functions/v1/")
    return course.platform.request("session_management", "GET", path)


def calendar(course: Classroom, method: str, user: UUID) -> Answer:
    return course.platform.request("session_management", method, "me/calendar", user=user)


def test_a_calendar_follows_the_sessions_of_ones_seats_until_the_link_is_revoked(course: Classroom) -> None:
    student, registration_id = course.student()
    course.student()
    url = calendar(course, "POST", student).body["url"]
    assert url == calendar(course, "POST", student).body["url"]
    answer = feed(course, url)
    assert answer.headers["content-type"].startswith("text/calendar")
    read: Any = vobject.readOne(answer.body)
    (entry,) = read.vevent_list
    assert entry.uid.value == f"{session_of(course)}.{student}@example.com"
    assert entry.url.value == links.join_url(session_of(course), registration_id)
    assert MEETING not in answer.body
    course.platform.rows("update registrations set status = 'cancelled', cancelled_at = now()")
    assert "BEGIN:VEVENT" not in feed(course, url).body
    assert calendar(course, "DELETE", student).status == 200
    assert feed(course, url).status == 404
    assert calendar(course, "POST", student).body["url"] != url


def test_control_an_older_generation_would_be_answered_if_the_number_were_not_compared(course: Classroom) -> None:
    student, _ = course.student()
    old = calendar(course, "POST", student).body["url"]
    calendar(course, "DELETE", student)
    course.platform.rows("update profiles set calendar_generation = 0 where id = %s", student)
    assert feed(course, old).status == 200


def test_a_forged_feed_and_one_of_nobody_are_not_found(course: Classroom) -> None:
    assert feed(course, links.calendar_url(uuid4(), 0)).status == 404
    assert feed(course, "/functions/v1/calendar/x.ics").status == 404
