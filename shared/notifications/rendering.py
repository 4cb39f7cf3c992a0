"""What a notification says: one text per template and language, filled with the data it was queued with.

The texts of a language are in `shared/texts/<language>.toml`, plain text throughout; HTML exists only in the layout of
mails, which escapes every word it is given.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared import clock, languages
from shared.money import format_amount

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from jinja2.runtime import Context

TEMPLATES = Path(__file__).parent / "templates"
SMS_VARIABLE_LENGTH = 30
"""TRAI's DLT rules: what fills a `{#var#}` of a registered SMS text has at most 30 characters."""

OPTIONAL: dict[str, Any] = dict.fromkeys(
    (
        *("amount", "calendarUrl", "certificateNumber", "eventId", "fullRefundUntil", "joinUrl", "kept"),
        *("kind", "paid", "paymentId", "position", "reason", "receiptUrl", "refundPolicy", "registrationId"),
        *("sessionTitle", "startsAt"),
    )
)
"""What a text may speak of without it being there."""
MULTILINE = frozenset({"message"})
"""What may have line breaks: an administrator's own text."""
_NOTHING: dict[str, Any] = {
    "action_url": None,
    "unsubscribe_url": None,
    "schedule": (),
    "how_to_join": None,
    "footer": (),
}
_CODE = re.compile(r"[a-z0-9_]+")

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
    links: tuple[Action, ...] = ()


def templates_of(language: str) -> list[str]:
    """The names of all notifications that a language has texts for."""
    return sorted(_texts(language))


def words(language: str) -> dict[str, str]:
    """What the layout of mails says around every text."""
    return languages.texts(language)["layout"]


def render(template: str, language: str, data: Mapping[str, Any], *, time_zone: str) -> Message:
    """Fill a text; times are shown in the data's `timeZone`, else in `time_zone`. Raises RenderingFailed."""
    from jinja2 import TemplateError  # noqa: PLC0415 - 40 ms that only who renders pays

    language = languages.language_of(language)
    texts = _texts(language).get(template)
    if texts is None:
        raise RenderingFailed(f"no text named {template}")
    context = {name: _printable(name, value) for name, value in data.items()}
    try:
        filled = _compiled(language, template).render(
            OPTIONAL | {"timeZone": time_zone, "language": language} | context
        )
        parts = (part.strip() for part in filled.split(_BETWEEN))
        return _message(texts, parts)
    except (TemplateError, TypeError, ValueError) as error:
        raise RenderingFailed(f"the data of {template} does not fit: {type(error).__name__}") from error


def printable(text: str) -> str:
    """Text on one line, without control characters and without what reverses the direction of reading."""
    return _UNPRINTABLE.sub(" ", text).strip()


def _printable(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in MULTILINE:
        return "\n".join(printable(line) for line in value.splitlines()).strip()
    return printable(value)


def lay_out(layout: str, **context: Any) -> str:
    """A whole mail: `mail.html` or `mail.txt`. Links and sessions may be left out."""
    return _environment().get_template(layout).render(_NOTHING | context)


def _sources(texts: Mapping[str, Any]) -> list[str]:
    """What a text says, part by part, in the order in which `_message` takes it."""
    return [
        *(texts["title"], texts["message"], texts.get("sms", texts["title"])),
        *texts.get("action", ()),
        *texts.get("details", ()),
        *(value for _, value in texts.get("facts", ())),
        *(url for _, url in texts.get("links", ())),
    ]


def _message(texts: Mapping[str, Any], parts: Iterator[str]) -> Message:
    title, message, sms = next(parts), next(parts), next(parts)
    action = _action(next(parts), next(parts)) if "action" in texts else None
    details = [next(parts) for _ in texts.get("details", ())]
    facts = [(label, next(parts)) for label, _ in texts.get("facts", ())]
    links = [_action(label, next(parts)) for label, _ in texts.get("links", ())]
    return Message(
        title=title,
        message=message,
        tone=texts.get("tone", "info"),
        sms=sms,
        action=action,
        details=tuple(filter(None, details)),
        facts=tuple((label, value) for label, value in facts if value),
        links=tuple(filter(None, links)),
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
def _part(language: str, name: str) -> "Template":
    return _environment().from_string(languages.texts(language)["part"][name])


def _texts(language: str) -> dict[str, dict[str, Any]]:
    return languages.texts(language)["notification"]


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
    filters |= {name: pass_context(each) for name, each in _FILTERS.items()} | {"short": _short}
    functions: dict[str, Any] = environment.globals
    functions["part"] = pass_context(_filled_part)
    return environment


def _money(context: Mapping[str, Any], amount: int, currency: str) -> str:
    return format_amount(amount, currency, languages.locale_of(context["language"]))


def _when(context: Mapping[str, Any], instant: str) -> str:
    """An ISO 8601 instant as the people of the course's time zone read it."""
    return languages.format_instant(_local(context, instant), context["language"])


def _brief(context: Mapping[str, Any], instant: str) -> str:
    """The same within the 30 characters of an SMS's variable."""
    return languages.format_instant(_local(context, instant), context["language"], "brief")


def _explain(context: Mapping[str, Any], reason: str) -> str:
    """The sentence for a code such as `event_cancelled`, nothing for an unknown one; a person's own words unchanged."""
    if _CODE.fullmatch(reason):
        return languages.texts(context["language"])["reason"].get(reason, "")
    return reason


def _filled_part(context: "Context", name: str) -> str:
    return _part(context["language"], name).render(context.get_all())


def _local(context: Mapping[str, Any], instant: str) -> datetime:
    at = datetime.fromisoformat(instant)
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return clock.in_zone(at, context["timeZone"])


def _short(text: str) -> str:
    return text[:SMS_VARIABLE_LENGTH].rstrip()


_FILTERS = {"money": _money, "when": _when, "brief": _brief, "explain": _explain}
