"""What a notification says: one text per template and language, filled with the data it was queued with.

The texts of a language are `templates/<language>.toml`, plain text throughout; HTML exists only in the layout of
mails, which escapes every word it is given.
"""

import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared import clock
from shared.money import format_amount

if TYPE_CHECKING:
    from jinja2 import Environment, Template

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT_LANGUAGE = "en"
SMS_VARIABLE_LENGTH = 30
"""TRAI's DLT rules: what fills a `{#var#}` of a registered SMS text has at most 30 characters."""

# Between the parts of a text while they are filled together: nobody's data can contain it.
_BETWEEN = secrets.token_hex()
# Line breaks end a mail header, and overriding the direction of text makes one address or amount read as another.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")


class RenderingFailed(Exception):
    """There is no such text, or its data lacks what it needs; sending it again cannot help."""


@dataclass(frozen=True)
class Action:
    """Where to go next: `url` is a path of the client's pages, or an absolute URL."""

    label: str
    url: str


@dataclass(frozen=True)
class Message:
    """One notification in one person's language, as plain text."""

    title: str
    message: str
    tone: str
    sms: str
    action: Action | None
    details: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


def templates_of(language: str) -> list[str]:
    """The names of all texts of a language."""
    return sorted(name for name in _texts(language) if not name.startswith("_"))


def words(language: str) -> dict[str, str]:
    """What the layout of mails says around every text."""
    return _texts(language)["_layout"]


@lru_cache
def language_of(preferred: str) -> str:
    """The language that is written in for a person who prefers `preferred` (`hi`, `hi-IN`)."""
    base = preferred.split("-", maxsplit=1)[0]
    return base if (TEMPLATES / f"{base}.toml").is_file() else DEFAULT_LANGUAGE


def render(template: str, language: str, data: Mapping[str, Any], *, time_zone: str) -> Message:
    """Fill a text; times are shown in the data's `timeZone`, else in `time_zone`. Raises Unrenderable."""
    from jinja2 import TemplateError  # noqa: PLC0415 - 40 ms that only who renders pays

    language = language_of(language)
    texts = _texts(language).get(template)
    if texts is None:
        raise RenderingFailed(f"no text named {template}")
    context = {name: printable(value) if isinstance(value, str) else value for name, value in data.items()}
    try:
        filled = _compiled(language, template).render({"timeZone": time_zone, "language": language, **context})
        parts = (part.strip() for part in filled.split(_BETWEEN))
        return _message(texts, parts)
    except (TemplateError, TypeError, ValueError) as error:
        raise RenderingFailed(f"the data of {template} does not fit: {type(error).__name__}") from error


def printable(text: str) -> str:
    """Text on one line, without control characters and without what reverses the direction of reading."""
    return _UNPRINTABLE.sub(" ", text).strip()


def lay_out(layout: str, **context: Any) -> str:
    """A whole mail: `mail.html` or `mail.txt`."""
    return _environment().get_template(layout).render(context)


def _sources(texts: Mapping[str, Any]) -> list[str]:
    """What a text says, part by part, in the order in which `_message` takes it."""
    return [
        *(texts["title"], texts["message"], texts.get("sms", texts["title"])),
        *texts.get("action", ()),
        *texts.get("details", ()),
        *(value for _, value in texts.get("facts", ())),
    ]


def _message(texts: Mapping[str, Any], parts: Iterator[str]) -> Message:
    title, message, sms = next(parts), next(parts), next(parts)
    action = _action(next(parts), next(parts)) if "action" in texts else None
    details = [next(parts) for _ in texts.get("details", ())]
    facts = [(label, next(parts)) for label, _ in texts.get("facts", ())]
    return Message(
        title=title,
        message=message,
        tone=texts.get("tone", "info"),
        sms=sms,
        action=action,
        details=tuple(filter(None, details)),
        facts=tuple((label, value) for label, value in facts if value),
    )


def _action(label: str, url: str) -> Action | None:
    if not url:
        return None
    if not url.startswith(("https://", "http://", "/")):
        raise ValueError("an action leads to a page")
    return Action(label, url)


@cache
def _compiled(language: str, template: str) -> "Template":
    """All parts as one template: filling them one by one costs seven times as much."""
    return _environment().from_string(_BETWEEN.join(_sources(_texts(language)[template])))


@cache
def _texts(language: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((TEMPLATES / f"{language}.toml").read_text())


@cache
def _environment() -> "Environment":
    from jinja2 import (  # noqa: PLC0415
        Environment,
        FileSystemLoader,
        StrictUndefined,
        pass_context,
        select_autoescape,
    )

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default_for_string=False),  # the texts themselves are plain
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = environment.filters  # typed by jinja2 as the union of its own
    filters |= {"money": format_amount, "when": pass_context(_when), "short": _short}
    return environment


def _when(context: Mapping[str, Any], instant: str) -> str:
    """An ISO 8601 instant as the people of the course's time zone read it."""
    at = datetime.fromisoformat(instant)
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset")
    local = clock.in_zone(at, context["timeZone"])
    if context["language"] == DEFAULT_LANGUAGE:
        return f"{local:%a, %-d %b %Y, %-I:%M} {local:%p}".replace("AM", "am").replace("PM", "pm") + f" {local:%Z}"
    return f"{local:%d-%m-%Y, %H:%M %Z}"


def _short(text: str) -> str:
    return text[:SMS_VARIABLE_LENGTH].rstrip()
