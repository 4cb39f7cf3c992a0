"""The pages behind a mail's unsubscribe link. Nothing of the request is written into them."""

from shared import languages
from shared.pages import page, paragraph


def ask(language: str) -> str:
    """The page with the button; its form posts to the address it was loaded from, token included."""
    text = _texts(language)
    button = f'<form method="post"><button type="submit">{text["button"]}</button></form>'
    return page(language, text["ask"], paragraph(text["ask_text"]) + button)


def done(language: str) -> str:
    text = _texts(language)
    return page(language, text["done"], paragraph(text["done_text"]))


def unknown(language: str) -> str:
    text = _texts(language)
    return page(language, text["unknown"], paragraph(text["unknown_text"]))


def _texts(language: str) -> dict[str, str]:
    return languages.texts(language)["page"]["unsubscribe"]
