"""The languages that people are written to in: one file of texts each; dates as CLDR writes them there (Babel)."""

import tomllib
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

TEXTS = Path(__file__).parent / "texts"
DEFAULT_LANGUAGE = "en"


@cache
def languages() -> tuple[str, ...]:
    """The languages that texts exist in, the default one first."""
    return tuple(
        sorted((file.stem for file in TEXTS.glob("*.toml")), key=lambda each: (each != DEFAULT_LANGUAGE, each))
    )


@lru_cache
def language_of(preferred: str) -> str:
    """The language that is written in for a person who prefers `preferred` (`hi`, `hi-IN`)."""
    base = preferred.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return base if base in languages() else DEFAULT_LANGUAGE


def negotiated(accept_language: str | None) -> str:
    """The first language of a browser's `Accept-Language` that texts exist in; quality values are in order already."""
    for preferred in (accept_language or "").split(",")[:10]:
        base = preferred.partition(";")[0].strip().split("-", maxsplit=1)[0].lower()
        if base in languages():
            return base
    return DEFAULT_LANGUAGE


@cache
def texts(language: str) -> dict[str, Any]:
    """Everything that one language's file says."""
    return tomllib.loads((TEXTS / f"{language}.toml").read_text())


def locale_of(language: str) -> str:
    """CLDR's locale of a language, such as `hi_IN`."""
    return texts(language)["locale"]


def format_instant(local: datetime, language: str, pattern: str = "instant") -> str:
    """An instant in its own zone, by a pattern of the language's file, with the zone behind it."""
    return f"{_formatted(local, language, pattern)} {local:%Z}"


def format_day(day: date, language: str) -> str:
    """5 December 2026."""
    from babel.dates import format_date  # noqa: PLC0415 - 100 ms that only who writes to people pays

    return format_date(day, texts(language)["format"]["day"], locale_of(language))


def format_session(starts: datetime, ends: datetime, language: str) -> str:
    """Saturday, 5 December 2026, 10:00 AM to 12:00 PM IST; both instants in the zone that is shown."""
    if starts.date() != ends.date():
        return f"{format_instant(starts, language)} – {format_instant(ends, language)}"
    return texts(language)["format"]["session"].format(
        day=_formatted(starts, language, "weekday"),
        start=_formatted(starts, language, "clock"),
        end=_formatted(ends, language, "clock"),
        zone=f"{starts:%Z}",
    )


def _formatted(local: datetime, language: str, pattern: str) -> str:
    from babel.dates import format_datetime  # noqa: PLC0415

    # Babel would move an instant with a zone to UTC first.
    return format_datetime(local.replace(tzinfo=None), texts(language)["format"][pattern], locale=locale_of(language))


def _known(language: str) -> str:
    if language not in languages():
        raise ValueError(f"Texts exist in {', '.join(languages())}")
    return language


def _describe(schema: dict[str, Any]) -> None:
    schema["enum"] = list(languages())


Language = Annotated[str, AfterValidator(_known), Field(json_schema_extra=_describe)]
"""A language that texts exist in."""
LanguageOf = Annotated[str, BeforeValidator(language_of), Field(json_schema_extra=_describe)]
"""The language that is written in for a preference such as `hi-IN`."""
