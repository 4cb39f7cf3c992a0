"""Reminders a day and an hour before a session, once each, with an entry for the calendar."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from functions.send_notifications import messages
from functions.send_notifications.models import ClaimedNotification
from functions.send_notifications.providers import sendgrid
from shared.notifications.invites import invite
from tests.sessions.classroom import HOUR, MINUTE, START, Classroom

EARLY = START - timedelta(days=30)


def remind(classroom: Classroom, at: datetime) -> int:
    classroom.at(at)
    event = {"source": "schedule", "job": "session-reminders"}
    return classroom.platform.invoke("session_reminders", event)["queued"]


def queued(classroom: Classroom) -> list[tuple[str, str]]:
    found = classroom.platform.rows("select template, type from notifications_queue order by template, type")
    return [(row["template"], row["type"]) for row in found]


DAY_BEFORE = [("session_reminder_24h", "email"), ("session_reminder_24h", "in_app")]
HOUR_BEFORE = [("session_reminder_1h", "email"), ("session_reminder_1h", "in_app")]


def test_a_month_of_runs_every_five_minutes_reminds_twice_in_time(classroom: Classroom) -> None:
    classroom.student(confirmed_at=EARLY)
    sent: dict[datetime, int] = {}
    for minutes in (-24 * 60 - 6, -24 * 60 - 1, -24 * 60 + 4, -24 * 60 + 9, -600, -66, -61, -56, -51, -5, 0, 5, 600):
        if count := remind(classroom, START + minutes * MINUTE):
            sent[START + minutes * MINUTE] = count
    assert sent == {START - 24 * HOUR + 4 * MINUTE: 2, START - 56 * MINUTE: 2}
    assert queued(classroom) == HOUR_BEFORE + DAY_BEFORE
    assert len(classroom.platform.handed_off()) == 4


def test_runs_at_once_remind_once_a_hundred_students(classroom: Classroom) -> None:
    classroom.students(100)
    classroom.at(START - 24 * HOUR)
    event = {"source": "schedule", "job": "session-reminders"}
    counts = classroom.platform.at_once(
        lambda _: classroom.platform.invoke("session_reminders", event)["queued"], range(8), threads=4
    )
    assert sum(counts) == 200
    row = classroom.platform.row("select count(*) as n, count(distinct user_id) as people from notifications_queue")
    assert row == {"n": 200, "people": 100}


def test_without_the_key_a_second_run_would_remind_again(classroom: Classroom) -> None:
    """The negative control: the key is all that stands between a student and a reminder every five minutes."""
    classroom.student(confirmed_at=EARLY)
    remind(classroom, START - 24 * HOUR)
    classroom.platform.rows("update notifications_queue set dedupe_key = id::text")
    assert remind(classroom, START - 24 * HOUR + 5 * MINUTE) == 2


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"payment_status": "free"}, 2),
        ({"payment_status": "refunded"}, 0),
        ({"status": "cancelled"}, 0),
        ({"status": "pending", "payment_status": "pending", "hold_expires_at": START}, 0),
        ({"confirmed_at": START - 23 * HOUR}, 0),  # registered later: the confirmation said when it starts
    ],
)
def test_only_whoever_had_a_seat_then_is_reminded(classroom: Classroom, columns: dict[str, object], told: int) -> None:
    classroom.student(**({"confirmed_at": EARLY} | columns))
    assert remind(classroom, START - 24 * HOUR + MINUTE) == told


def test_nobody_is_reminded_of_a_cancelled_course(classroom: Classroom) -> None:
    classroom.student(confirmed_at=EARLY)
    classroom.platform.rows("update events set status = 'cancelled', cancelled_at = now()")
    assert remind(classroom, START - HOUR) == 0


def test_after_an_outage_only_what_still_helps_is_sent(classroom: Classroom) -> None:
    classroom.student(confirmed_at=EARLY)
    assert remind(classroom, START - 17 * HOUR) == 0  # "tomorrow" comes six hours late at most
    assert remind(classroom, START - MINUTE) == 2
    assert queued(classroom) == HOUR_BEFORE
    assert remind(classroom, START) == 0


def test_a_session_that_was_moved_is_announced_again(classroom: Classroom) -> None:
    classroom.student(confirmed_at=EARLY)
    remind(classroom, START - 24 * HOUR)
    later = START + 48 * HOUR
    classroom.platform.rows("update events set starts_at = %s, ends_at = %s", later, later + 2 * HOUR)
    assert remind(classroom, later - 24 * HOUR) == 2
    found = classroom.platform.rows("select data from notifications_queue where type = 'email' order by created_at")
    assert [row["data"]["sequence"] for row in found] == [0, 1]
    assert len({row["data"]["sessionId"] for row in found}) == 1


def mail_of(classroom: Classroom) -> Any:
    row = classroom.platform.row("select id, user_id, template, data from notifications_queue where type = 'email'")
    claimed = ClaimedNotification(
        **row, type="email", channel="transactional", retry_count=0, email="asha@example.com", phone=None,
        full_name="Asha Rao", language="en", erased=False, wanted=True, suppressed=None,
    )  # fmt: skip
    return messages.mail(claimed, messages.rendered(claimed))


def test_the_mail_brings_the_session_for_the_calendar(classroom: Classroom) -> None:
    user_id, _ = classroom.student(confirmed_at=EARLY)
    classroom.platform.rows("update events set meeting_url = 'https://meet.example.com/rust'")
    remind(classroom, START - 24 * HOUR)
    mail = mail_of(classroom)
    (attachment,) = mail.attachments
    entry = properties(attachment.content)
    session_id = classroom.platform.row("select id from event_sessions")["id"]
    assert attachment.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert entry["UID"] == f"{session_id}.{user_id}@example.com"
    assert (entry["DTSTART"], entry["DTEND"]) == ("20260310T133000Z", "20260310T153000Z")
    assert (entry["SUMMARY"], entry["LOCATION"]) == ("Rust in a day", "https://meet.example.com/rust")
    assert "7:00 pm IST" in mail.text
    (file,) = sendgrid.body(mail)["attachments"]  # pyright: ignore[reportGeneralTypeIssues]
    assert file["type"] == "text/calendar"  # pyright: ignore[reportArgumentType]


def properties(content: bytes) -> dict[str, str]:
    """The unfolded properties of an iCalendar file, the first of each name."""
    assert content.endswith(b"\r\n")
    lines = content.decode().removesuffix("\r\n").split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert not re.search(r"[\x00-\x1f\x7f]", "".join(lines))
    unfolded = "\r\n".join(lines).replace("\r\n ", "").split("\r\n")
    assert (unfolded[0], unfolded[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    return {name: value for name, _, value in (line.partition(":") for line in reversed(unfolded))}


def data(**more: object) -> dict[str, object]:
    return {
        "sessionId": str(UUID(int=1)),
        "startsAt": "2026-03-10T19:00:00+05:30",
        "endsAt": "2026-03-10T21:00:00+05:30",
        "eventTitle": "Rust",
    } | more


@pytest.mark.parametrize(
    "title",
    [
        "Rust; in, a \\ day",
        "रस्ट एक दिन में — एक लंबा शीर्षक जो कई पंक्तियों में मुड़ता है और फिर भी पूरा रहता है",
        "🦀" * 60,
        "Rust\r\nATTENDEE:mailto:everybody@example.com",
        "x" * 200,
    ],
)
def test_any_title_stays_one_property_of_the_entry(title: str) -> None:
    content = invite(data(eventTitle=title), uuid4(), organizer="courses@example.com", now=START)
    assert content is not None
    entry = properties(content)
    shown = re.sub(r"\\(.)", r"\1", entry["SUMMARY"])
    assert shown == " ".join(title.split("\r\n"))
    assert "ATTENDEE" not in entry


def test_the_entry_of_a_session_is_the_same_for_a_student_and_another_for_the_next() -> None:
    first, second = uuid4(), uuid4()
    uids = [
        properties(invite(data(sequence=n), who, organizer="courses@example.com", now=START) or b"")["UID"]
        for n, who in ((0, first), (3, first), (0, second))
    ]
    assert uids[0] == uids[1] != uids[2]


def test_a_mail_about_something_else_brings_nothing() -> None:
    assert (
        invite({"eventTitle": "Rust", "startsAt": "2026-03-10T19:00:00+05:30"}, uuid4(), organizer="a@b.c", now=START)
        is None
    )
