"""The pages behind a mail's unsubscribe link. Nothing of the request is written into them."""

from shared import languages

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}

_STYLE = (
    "body{margin:0;background:#f1f3f6;color:#1f2733;font:17px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "main{max-width:32rem;margin:12vh auto;padding:2rem;background:#fff;border:1px solid #dfe3e9;border-radius:10px}"
    "h1{margin:0 0 .75rem;font-size:1.4rem;line-height:1.3}p{margin:0 0 1.25rem}"
    "button{padding:.7rem 1.3rem;border:0;border-radius:6px;background:#1d4ed8;color:#fff;font:inherit;font-weight:600;"
    "cursor:pointer}button:focus-visible{outline:3px solid #93b4ff;outline-offset:2px}"
)


def ask(language: str) -> str:
    """The page with the button; its form posts to the address it was loaded from, token included."""
    text = _texts(language)
    button = f'<form method="post"><button type="submit">{text["button"]}</button></form>'
    return _page(language, text["ask"], text["ask_text"], button)


def done(language: str) -> str:
    text = _texts(language)
    return _page(language, text["done"], text["done_text"])


def unknown(language: str) -> str:
    text = _texts(language)
    return _page(language, text["unknown"], text["unknown_text"])


def _texts(language: str) -> dict[str, str]:
    return languages.texts(language)["page"]["unsubscribe"]


def _page(language: str, title: str, text: str, form: str = "") -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"
    )
