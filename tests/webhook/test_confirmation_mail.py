"""The mail after a payment says when, how to join, what a cancellation gives back, and brings receipt and calendar."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from functions.send_notifications import courses, messages
from functions.send_notifications.models import ClaimedNotification, Mail
from shared import db, links
from shared.actors import SERVICE
from tests.deployed import Answer, DeployedFunctions
from tests.kept import emptied, kept
from tests.sessions.calendar_mail import entry_in, opened
from tests.webhook.deliveries import buy

__all__ = ["emptied", "kept"]
MEETING = "https://meet.example.com/rust"


@pytest.fixture
def platform(emptied: DeployedFunctions) -> DeployedFunctions:
    emptied.mute_queue()
    emptied.set(SUPPORT_EMAIL="help@example.com", APP_BASE_URL="")
    return emptied


def paid(platform: DeployedFunctions) -> tuple[UUID, UUID]:
    """A seat that was just paid: its owner and its registration."""
    purchase = buy(platform)
    platform.rows("update events set meeting_url = %s, time_zone = 'Europe/London'", MEETING)
    platform.webhook(purchase.captured().body)
    row = platform.row("select id, user_id from registrations")
    return row["user_id"], row["id"]


def mail_of(platform: DeployedFunctions, template: str, language: str = "en") -> Mail:
    row = platform.row(
        "select id, user_id, template, data from notifications_queue where type = 'email' and template = %s", template
    )
    claimed = ClaimedNotification(
        **row, type="email", channel="transactional", retry_count=0, email="asha@example.com", phone=None,
        full_name="Asha Rao", language=language, erased=False, wanted=True, suppressed=None,
    )  # fmt: skip
    with db.transaction(SERVICE, read_only=True) as conn:
        (claimed,) = courses.with_courses(conn, [claimed])
    return messages.mail(claimed, messages.rendered(claimed))


def follow(platform: DeployedFunctions, url: str, function: str = "registrations") -> Answer:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    path = parts.path.removeprefix("/functions/v1/")
    return platform.request(function, "GET", path, query=query)


@pytest.mark.parametrize("language", ["en", "hi"])
def test_one_mail_says_everything_and_its_links_work_without_an_app(platform: DeployedFunctions, language: str) -> None:
    user_id, registration_id = paid(platform)
    session = platform.row("select id, starts_at from event_sessions")
    mail = mail_of(platform, "payment_success", language)
    message = opened(mail)
    assert message["From"] == "Crash Course <courses@example.com>"
    assert message["Reply-To"] == "help@example.com"
    parts = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert parts == ["text/plain", "text/html", "text/calendar", "application/ics"]
    for body in (mail.text, mail.html):
        assert links.join_url(session["id"], registration_id) in body
        assert links.registration_url(registration_id) in body
        assert "help@example.com" in body
        assert MEETING not in body
    weekday = (["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])[
        session["starts_at"].weekday()
    ]
    assert (weekday in mail.text) == (language == "en")
    assert ("GMT" in mail.text) or ("BST" in mail.text)
    receipt = re.search(r"https://\S+/receipt\?token=\S+", mail.text)
    assert receipt is not None
    answer = follow(platform, receipt[0])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    page = follow(platform, links.registration_url(registration_id))
    assert page.status == 200
    assert MEETING not in page.body
    feed = re.search(r"https://\S+/calendar/\S+\.ics", mail.text)
    assert feed is not None
    assert "BEGIN:VEVENT" in follow(platform, feed[0], "session_management").body
    entry = entry_in(mail.attachments[0].content)
    assert entry.attendee.value == "mailto:asha@example.com"
    assert {name: entry.attendee.params[name] for name in ("PARTSTAT", "RSVP")} == {
        "PARTSTAT": ["ACCEPTED"],
        "RSVP": ["FALSE"],
    }
    assert entry.organizer.value == "mailto:courses@example.com"
    assert entry.uid.value == f"{session['id']}.{user_id}@example.com"


def test_with_an_app_the_button_leads_there(platform: DeployedFunctions) -> None:
    _, registration_id = paid(platform)
    platform.set(APP_BASE_URL="https://app.example.com")
    assert f"https://app.example.com/registrations/{registration_id}" in mail_of(platform, "payment_success").text


def test_the_refund_policy_is_a_sentence_with_its_deadlines(platform: DeployedFunctions) -> None:
    paid(platform)
    text = mail_of(platform, "payment_success").text
    assert "you get all your money back" in text
    assert "you get 50% back" in text
    start = datetime.now(UTC) + timedelta(hours=1)
    platform.rows("update events set starts_at = %s, ends_at = %s", start, start + timedelta(hours=2))
    platform.rows("update registrations set agreed_starts_at = null")
    assert "too close to the start for a refund" in mail_of(platform, "payment_success").text


def test_what_a_cancellation_gives_back_is_shown_before_and_is_what_it_gives(platform: DeployedFunctions) -> None:
    user_id, registration_id = paid(platform)
    start = datetime.now(UTC) + timedelta(hours=30)
    platform.rows("update events set starts_at = %s, ends_at = %s", start, start + timedelta(hours=2))
    platform.rows("update registrations set agreed_starts_at = null")
    path = f"registrations/{registration_id}"
    before = platform.request("registrations", "GET", f"{path}/cancellation", user=user_id)
    assert before.status == 200
    assert 0 < before.body["percent"] < 100
    assert platform.row("select status from registrations")["status"] == "confirmed"
    other = platform.profile()
    assert platform.request("registrations", "GET", f"{path}/cancellation", user=other).status == 404
    answer = platform.request("registrations", "POST", f"{path}/cancel", user=user_id)
    assert answer.body["refund"]["amount"] == before.body["amount"]
    assert answer.body["refund"]["currency"] == before.body["currency"]
    again = platform.request("registrations", "GET", f"{path}/cancellation", user=user_id)
    assert (again.status, again.body["code"]) == (409, "nothing_to_cancel")
    mail = mail_of(platform, "registration_cancelled")
    entry = entry_in(mail.attachments[0].content)
    assert (entry.method_of_calendar, entry.sequence.value) == ("CANCEL", "2")  # the session was moved once


def test_a_seat_that_is_taken_again_raises_the_sequence_over_the_cancellation(platform: DeployedFunctions) -> None:
    user_id, first = paid(platform)
    platform.rows("update registrations set status = 'cancelled', cancelled_at = now(), created_at = '2026-01-01Z'")
    event_id = platform.row("select event_id from registrations where id = %s", first)["event_id"]
    again = platform.confirmed(user_id, event_id)
    platform.rows(
        "update notifications_queue set data = data || jsonb_build_object('registrationId', %s::text)", str(again)
    )
    assert entry_in(mail_of(platform, "payment_success").attachments[0].content).sequence.value == "2"


@pytest.mark.parametrize("path", ["registration", "receipt"])
def test_a_forged_link_opens_nothing(platform: DeployedFunctions, path: str) -> None:
    _, registration_id = paid(platform)
    payment_id = platform.row("select id from payment_transactions")["id"]
    genuine = links.registration_url(registration_id) if path == "registration" else links.receipt_url(payment_id)
    assert follow(platform, genuine).status == 200
    crossed = links.receipt_url(payment_id) if path == "registration" else links.registration_url(registration_id)
    for token in ("x", genuine.partition("=")[2][:-5] + "AAAAA", crossed.partition("=")[2]):
        assert follow(platform, f"https://api.example.com/functions/v1/{path}?token={token}").status == 404
