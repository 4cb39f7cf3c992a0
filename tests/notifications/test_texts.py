"""What notifications say: every text in every language, money and times as people read them, no live markup."""

import itertools
import re
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest

from functions.send_notifications.messages import mail, rendered, sms
from functions.send_notifications.models import ProviderRefused
from local.preview_mail import SAMPLE
from shared import languages
from shared.money import format_amount
from shared.notifications import rendering
from tests.notifications.notification_platform import Environment, claimed_mail

LANGUAGES = languages.languages()
EVENT = {"eventTitle": "Deep Rust"}
MONEY = {"amount": 123450, "currency": "INR"}
REGISTERED = {**EVENT, "registrationId": "r-1"}
QUEUED: dict[str, dict[str, Any]] = {
    "phone_code": {"code": "271828"},
    "registration_confirmed": {**REGISTERED, "eventId": "e-1", "startsAt": "2026-12-05T04:30:00+00:00"},
    "payment_success": {**REGISTERED, **MONEY, "paymentId": "pay_1"},
    "payment_failed": {**REGISTERED, **MONEY, "reason": "declined"},
    "payment_refunded": {**REGISTERED, **MONEY},
    "refund_started": {**REGISTERED, **MONEY, "reason": "event_cancelled"},
    "seat_offered": {**EVENT, "eventId": "e-1", "waitlistId": "w-1", "expiresAt": "2026-12-05T04:30:00+00:00"},
    "waitlist_offer_expired": EVENT,
    "waitlist_closed": EVENT,
    "waitlist_joined": EVENT,
    "hold_expired": EVENT,
    "registration_cancelled": EVENT,
    "event_cancelled": EVENT,
    "session_reminder_24h": EVENT,
    "session_reminder_1h": EVENT,
    "sessions_moved": {
        **EVENT,
        "eventId": "e-1",
        "startsAt": "2026-12-05T04:30:00+00:00",
        "movedFrom": "2026-12-04T04:30:00+00:00",
        "sessions": [{"startsAt": "2026-12-05T04:30:00+00:00"}],
    },
    "session_cancelled": {**EVENT, "eventId": "e-1", "startsAt": "2026-12-05T04:30:00+00:00"},
    "certificate_issued": {**EVENT, "certificateNumber": "CC-2026-000042-7", "verifyUrl": "https://x.example.com/?t=1"},
    "certificate_revoked": EVENT,
    "referral_reward": {**EVENT, "kind": "credit"},
    "referral_reward_revoked": EVENT,
    "refund_failed": {**MONEY, "reason": "Your balance is too low."},
    "payment_disputed": {
        **MONEY,
        "disputeId": "disp_1",
        "paymentId": "pay_1",
        "status": "open",
        "respondBy": "2026-12-05T04:30:00+00:00",
        "lost": 0,
        "reason": "goods_not_received",
        "phase": "chargeback",
    },
    "admin_attention": {"subject": "A payment", "detail": "One paisa short"},
    "broadcast": {**EVENT, "title": "News", "message": "A new course"},
}


def test_every_text_that_is_queued_exists_and_no_other() -> None:
    assert sorted(QUEUED) == rendering.templates_of("en")


@pytest.mark.parametrize(("language", "template"), list(itertools.product(LANGUAGES, QUEUED)))
def test_a_text_needs_no_more_than_what_it_is_queued_with(language: str, template: str) -> None:
    for data in (QUEUED[template], SAMPLE):
        message = rendering.render(template, language, data, time_zone="Asia/Kolkata")
        assert message.title
        assert message.message
        assert message.sms
        assert "{" not in str(message)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123450, "INR", "₹1,234.50"),
        (12345678, "INR", "₹1,23,456.78"),
        (10**11, "INR", "₹1,00,00,00,000.00"),
        (5, "INR", "₹0.05"),
        (0, "INR", "₹0.00"),
        (-99900, "INR", "-₹999.00"),
        (123456789, "USD", "USD 12,34,567.89"),
        (1500, "JPY", "JPY 1,500"),
        (1500, "CLP", "CLP 1,500"),
        (1500, "ISK", "ISK 1,500"),
        (1500, "UGX", "UGX 1,500"),
        (123456, "KWD", "KWD 123.456"),
        (123456, "IQD", "IQD 123.456"),
    ],
)
def test_money_reads_as_in_india(amount: int, currency: str, text: str) -> None:
    assert format_amount(amount, currency) == text


def test_times_are_shown_in_the_courses_zone() -> None:
    data = QUEUED["seat_offered"]
    assert (
        "Saturday, 5 December 2026, 10:00 AM IST"
        in rendering.render("seat_offered", "en", data, time_zone="Asia/Kolkata").message
    )
    zoned = {**data, "timeZone": "Europe/London"}
    assert "4:30 AM GMT" in rendering.render("seat_offered", "en", zoned, time_zone="Asia/Kolkata").message


@pytest.mark.parametrize(
    "changes", [{"startsAt": "tomorrow"}, {"startsAt": "2026-12-05T04:30:00"}, {"eventTitle": None}]
)
def test_data_that_does_not_fit_is_unrenderable_or_plain(changes: dict[str, Any]) -> None:
    data = QUEUED["registration_confirmed"] | changes
    if "eventTitle" in changes:
        data.pop("eventTitle")
    with pytest.raises(rendering.RenderingFailed):
        rendering.render("registration_confirmed", "en", data, time_zone="Asia/Kolkata")


def test_an_action_that_runs_code_is_unrenderable() -> None:
    data = QUEUED["certificate_issued"] | {"verifyUrl": "javascript:alert(1)"}
    with pytest.raises(rendering.RenderingFailed):
        rendering.render("certificate_issued", "en", data, time_zone="Asia/Kolkata")


PARTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</title><script>", '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)", "&lt;script&gt;", "<!--", "]]>", "<style>*{display:none}</style>",
    "<a href=//evil>x</a>",
    "\r\nBcc: eve@evil.example.com", "\nSubject: won", "\r\n\r\n<b>body</b>", "%0d%0aBcc: eve@evil.example.com",
    "{{ 7 * 7 }}", "{% for x in y %}", "{{ ''.__class__.__mro__ }}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
    "'; drop table profiles; --", "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(1)", "\t=1",
    "\u202egnp.exe", "\u2066hidden\u2069",
    "\ufeff", "\x00", "\x1b[31m", "\u2028line", "\ud800", "a@b.com, eve@evil.example.com", "👩‍🏫 आशा राव",
]  # fmt: skip
PAYLOADS = [
    f"{prefix}{part}{suffix}" for part in PARTS for prefix in ("", "Asha ") for suffix in ("", " Rao", "\n")
] + [f"{first}{second}" for first, second in itertools.pairwise(PARTS * 3)]


LAYOUT = {"table", "tr", "td", "bdi"}
"""What a fact is shown in; a name of nothing printable has none."""


class Markup(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_three_hundred_hostile_names_stay_words_in_one_mail_to_one_person(environment: Environment) -> None:
    assert len(PAYLOADS) >= 300
    claimed = claimed_mail(UUID(int=1))
    harmless = Markup(mail(claimed, rendered(claimed)).html).elements
    for payload in PAYLOADS:
        data = {"eventTitle": payload, "title": payload or "x", "message": payload}
        hostile = claimed_mail(UUID(int=1), data=data, full_name=payload)
        made = mail(hostile, rendered(hostile))
        page = Markup(made.html)
        assert made.to == "asha@example.com"
        assert made.headers == {}
        assert [each for each in page.elements if each[0] not in LAYOUT] == [
            each for each in harmless if each[0] not in LAYOUT
        ]
        assert rendering.printable(payload) in page.text
        assert not re.search(
            "[\r\n\x00-\x1f\u202a-\u202e\u2066-\u2069]", made.subject + sms(hostile, rendered(hostile)).text
        )
        assert "49" not in made.subject


def test_control_without_escaping_the_markup_would_live() -> None:
    assert Markup(f"<p>{PARTS[0]}</p>").elements != Markup("<p></p>").elements


@pytest.mark.parametrize(
    "address",
    ["", "asha", "a@b", "a@b.com,eve@evil.com", "a@b.com;eve@evil.com", "a@b.com\r\nBcc: eve@evil.com", "a b@c.com",
     '"a"@b.com', "<a@b.com>", "Asha <a@b.com>", "a@b.com eve@evil.com", "a@b.com\x00", "a@@b.com", "a@b.com\n"],
)  # fmt: skip
def test_what_is_not_one_address_is_refused(environment: Environment, address: str) -> None:
    claimed = claimed_mail(UUID(int=1), email=address)
    with pytest.raises(ProviderRefused):
        mail(claimed, rendered(claimed))
