"""Texts say the same in every language: the same keys with the same placeholders; a language is one file."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from jinja2 import Environment, nodes

from layers.package import trim
from shared import clock, languages
from shared.money import format_amount
from shared.notifications import rendering

ENGLISH = (languages.TEXTS / "en.toml").read_text()
PATTERNS = {"locale", *(f"format.{name}" for name in ("instant", "brief", "day", "weekday", "clock"))}
"""What is CLDR's, and no text."""
type Placeholders = frozenset[str]


def flat(texts: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its path in the file; labels of facts, links and actions are texts too."""
    if isinstance(texts, str):
        yield path, texts
    elif isinstance(texts, Mapping):
        for name, each in texts.items():
            yield from flat(each, f"{path}.{name}" if path else name)
    else:
        for number, each in enumerate(texts):
            yield from flat(each, f"{path}.{number}")


def placeholders(text: str) -> Placeholders:
    """What is filled in: Jinja's variables, attributes, filters and parts, or the fields of `str.format`."""
    if "{{" not in text and "{%" not in text:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
    tree = Environment(autoescape=True).parse(text)
    attributes = {f".{each.attr}" for each in tree.find_all(nodes.Getattr)}
    filters = {f"|{each.name}" for each in tree.find_all(nodes.Filter)}
    parts = {f"{each.value}()" for call in tree.find_all(nodes.Call) for each in call.find_all(nodes.Const)}
    return frozenset({each.name for each in tree.find_all(nodes.Name)} | attributes | filters | parts)


def shape(file: str) -> dict[str, Placeholders]:
    return {path: frozenset() if path in PATTERNS else placeholders(text) for path, text in flat(tomllib.loads(file))}


@pytest.mark.parametrize("language", languages.languages())
def test_every_key_exists_in_every_language_with_the_same_placeholders(language: str) -> None:
    assert shape((languages.TEXTS / f"{language}.toml").read_text()) == shape(ENGLISH)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ('done = "You are unsubscribed"\n', ""),
        ("We have refunded {{ amount | money(currency) }} to you", "We have refunded you"),
        ("{{ expiresAt | brief }}", "{{ expiresAt | when }}"),
        ("refundPolicy.partialPercent", "refundPolicy.fullUntil"),
        ("before the start and checks you in", "{before}"),
        ('["Paid", "{{ amount | money(currency) }}"], ', ""),
        ("{{ part('refund_policy') }}", "No refunds."),
    ],
)
def test_control_a_language_that_says_less_is_found(said: str, instead: str) -> None:
    assert said in ENGLISH
    assert shape(ENGLISH.replace(said, instead)) != shape(ENGLISH)


@pytest.fixture
def with_tamil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The texts' folder with one file more."""
    caches = (languages.languages, languages.texts, languages.language_of)
    for file in languages.TEXTS.glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text())
    tamil = ENGLISH.replace('locale = "en_IN"', 'locale = "ta_IN"').replace('greeting = "Hello"', 'greeting = "வணக்கம்"')
    (tmp_path / "ta.toml").write_text(tamil)
    monkeypatch.setattr(languages, "TEXTS", tmp_path)
    for each in caches:
        each.cache_clear()
    yield
    monkeypatch.undo()
    for each in caches:
        each.cache_clear()


@pytest.mark.usefixtures("with_tamil")
def test_a_language_is_one_file() -> None:
    data = {"eventTitle": "Deep Rust", "waitlistId": "w-1", "expiresAt": "2026-12-05T04:30:00+00:00"}
    assert languages.languages() == ("en", "hi", "ta")
    assert rendering.words(languages.language_of("ta-IN"))["greeting"] == "வணக்கம்"
    assert "சனி, 5 டிசம்பர்" in rendering.render("seat_offered", "ta", data, time_zone="Asia/Kolkata").message.replace(
        "சனிக்கிழமை", "சனி"
    )


@pytest.mark.parametrize(
    ("preferred", "language"),
    [("hi", "hi"), ("hi-IN", "hi"), ("hi_IN", "hi"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_whose_language_has_no_texts_gets_the_default_one(preferred: str, language: str) -> None:
    assert languages.language_of(preferred) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [("hi-IN,hi;q=0.9,en;q=0.8", "hi"), ("fr,hi;q=0.5", "hi"), ("fr", "en"), (None, "en"), ("*", "en")],
)
def test_a_browser_says_which_language_a_page_without_a_person_is_in(header: str | None, language: str) -> None:
    assert languages.negotiated(header) == language


def test_a_time_is_written_as_the_language_writes_it() -> None:
    starts = clock.in_zone(datetime(2026, 12, 5, 4, 30, tzinfo=UTC), "Asia/Kolkata")
    ends = starts.replace(hour=12)
    assert languages.format_session(starts, ends, "en") == "Saturday, 5 December 2026, 10:00 AM to 12:00 PM IST"
    assert languages.format_session(starts, ends, "hi") == (
        "शनिवार, 5 दिसंबर 2026, सुबह 10:00 बजे से दोपहर 12:00 बजे तक (IST)"
    )
    assert "6 December" in languages.format_session(starts, starts.replace(day=6), "en")


@pytest.mark.parametrize("language", languages.languages())
def test_an_instant_fits_the_variable_of_an_sms(language: str) -> None:
    latest = clock.in_zone(datetime(2026, 9, 30, 18, 45, tzinfo=UTC), "America/New_York")
    assert len(languages.format_instant(latest, language, "brief")) <= rendering.SMS_VARIABLE_LENGTH


@pytest.mark.parametrize("language", languages.languages())
def test_money_has_the_decimals_of_its_currency_in_every_language(language: str) -> None:
    locale = languages.locale_of(language)
    written = {code: format_amount(123456, code, locale) for code in ("INR", "KWD", "CLP", "ISK", "UGX")}
    assert {code: re.sub(r"[^\d.,]", "", text) for code, text in written.items()} == {
        "INR": "1,234.56",
        "KWD": "123.456",
        "CLP": "1,23,456",
        "ISK": "1,23,456",
        "UGX": "1,23,456",
    }


def test_a_layer_carries_only_the_locales_that_texts_exist_in(tmp_path: Path) -> None:
    data = tmp_path / "babel" / "locale-data"
    data.mkdir(parents=True)
    for name in ("root", "en", "en_001", "en_IN", "hi", "hi_IN", "ta", "fil", "LICENSE"):
        (data / f"{name}.dat").touch()
    trim(tmp_path)
    assert {file.stem for file in data.iterdir()} == {"root", "en", "en_001", "en_IN", "hi", "hi_IN"}
