"""The words of the user pool's mails.

Who signs up chooses the address and every attribute, unverified: a mail quotes none of them, or strangers could be sent
whatever text somebody writes into a name.
"""

from collections.abc import Iterator
from typing import Any

from functions.account_mails.models import AccountMail, Kind, MessageRequest
from shared import languages
from shared.notifications import rendering

Texts = dict[str, Any]


def mail(request: MessageRequest) -> AccountMail | None:
    """In the language that is known, else in all of them; None for what is no mail (a code by SMS)."""
    if request.kind is None:
        return None
    known = texts()
    chosen = {request.language: known[request.language]} if request.language in known else known
    first, *others = _lines(chosen, request.kind)
    message = rendering.Message(
        title=" / ".join(text[request.kind]["subject"] for text in chosen.values()),
        message=first,
        tone="info",
        sms="",
        action=None,
        details=tuple(others),
        facts=_facts(chosen, request),
    )
    language = next(iter(chosen))
    html = rendering.lay_out(
        "mail.html",
        message=message,
        name="",
        language=language,
        words=rendering.words(language),
        footer=[text["automatic"] for text in chosen.values()],
    )
    return AccountMail(message.title, html)


def _lines(chosen: dict[str, Texts], kind: Kind) -> Iterator[str]:
    for text in chosen.values():
        yield from (text[kind]["message"], text[kind]["warning"])


def _facts(chosen: dict[str, Texts], request: MessageRequest) -> tuple[tuple[str, str], ...]:
    def label(name: str) -> str:
        return " / ".join(text[name] for text in chosen.values())

    if request.kind != "invitation":
        return ((label("code"), request.code_parameter),)
    return ((label("username"), request.username_parameter or ""), (label("password"), request.code_parameter))


def texts() -> dict[str, Texts]:
    """By language, English first."""
    return {language: languages.texts(language)["account_mail"] for language in languages.languages()}
