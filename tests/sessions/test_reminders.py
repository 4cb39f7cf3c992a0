"""Reminders a day and an hour before a session, once each, with an entry for the calendar."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from functions.send_notifications.providers import sendgrid, ses
from shared import links
from shared.notifications.invites import CalendarEntry, CalendarPerson, invitation
from tests.sessions.calendar_mail import entry_in, mails_of
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


def test_the_hour_before_brings_the_link_to_join_in_the_mails_words(classroom: Classroom) -> None:
    user_id, registration_id = classroom.student(confirmed_at=EARLY)
    classroom.platform.rows("update events set meeting_url = 'https://meet.example.com/rust'")
    remind(classroom, START - HOUR)
    (mail,) = mails_of(classroom, "session_reminder_1h")
    session_id = classroom.platform.row("select id from event_sessions")["id"]
    link = links.join_url(session_id, registration_id)
    assert f"Your link to join: {link}" in mail.text
    assert "7:00 PM IST" in mail.text
    assert "meet.example.com" not in mail.text + mail.html + ses.mime(mail).decode()
    entry = entry_in(mail.attachments[0].content)
    assert entry.uid.value == f"{session_id}.{user_id}@example.com"
    assert (entry.dtstart.value, entry.dtend.value) == (START, START + 2 * HOUR)
    assert (entry.summary.value, entry.location.value) == ("Rust in a day", link)
    (file,) = sendgrid.body(mail)["attachments"]  # pyright: ignore[reportGeneralTypeIssues]
    assert file["type"] == "application/ics"  # pyright: ignore[reportArgumentType]


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
    entry = CalendarEntry(UUID(int=1), title, "", START, START + HOUR, sequence=0)
    person = CalendarPerson(UUID(int=2), title, "asha@example.com")
    content = invitation(entry, person, "REQUEST", organizer="courses@example.com", platform=title, now=START)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    read = entry_in(content)
    assert read.summary.value == " ".join(title.split("\r\n"))
    assert [each.value for each in read.attendee_list] == ["mailto:asha@example.com"]
