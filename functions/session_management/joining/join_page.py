"""What a browser shows whom a session's link does not let in: when to come back, or why not."""

from functions.session_management.joining.models import JoiningSeat
from functions.session_management.joining.service import opens_at
from shared import clock, languages
from shared.config import settings
from shared.errors import AppError
from shared.pages import page, paragraph


def of(seat: JoiningSeat, refused_by: AppError) -> str:
    """In the language of the seat's owner, with times in the course's zone."""
    language = languages.language_of(seat.language)
    words = _words(language)
    opens = languages.format_instant(clock.in_zone(opens_at(seat.starts_at), seat.time_zone), language)
    ended = languages.format_instant(clock.in_zone(seat.ends_at, seat.time_zone), language)
    if refused_by.code in ("too_early", "too_late"):
        text = words[f"{refused_by.code}_text"].format(session=seat.event_title, opens=opens, ended=ended)
        return page(language, words[refused_by.code], paragraph(text) + _help(language))
    return refused(language, refused_by)


def refused(language: str, refused_by: AppError) -> str:
    words = _words(language)
    text = words.get(refused_by.code, refused_by.detail)
    return page(language, words["refused"], paragraph(text) + _help(language))


def unknown(language: str) -> str:
    text = languages.texts(language)["page"]["link"]
    return page(language, text["unknown"], paragraph(text["unknown_text"]) + _help(language))


def _words(language: str) -> dict[str, str]:
    return languages.texts(language)["page"]["join"]


def _help(language: str) -> str:
    support = settings().support_email or settings().email_from
    return paragraph(languages.texts(language)["page"]["link"]["help"].format(support=support))
