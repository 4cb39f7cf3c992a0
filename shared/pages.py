"""The frame of small pages behind signed links: no script, nothing from elsewhere, light and dark."""

from html import escape

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{margin:0;background:#f1f3f6;color:#1f2733;font:17px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}"
    "main{max-width:32rem;margin:min(12vh,6rem) auto;padding:2rem 1.5rem;background:#fff;border:1px solid #dfe3e9;"
    "border-radius:10px;overflow-wrap:anywhere}"
    "h1{margin:0 0 .75rem;font-size:1.4rem;line-height:1.3}h2{margin:1.5rem 0 .5rem;font-size:1.1rem}"
    "p{margin:0 0 1.25rem}ul{margin:0 0 1.25rem;padding:0;list-style:none}li{padding:.5rem 0;"
    "border-bottom:1px solid #dfe3e9}a{color:#1d4ed8}"
    "button{padding:.7rem 1.3rem;border:0;border-radius:6px;background:#1d4ed8;color:#fff;font:inherit;font-weight:600;"
    "cursor:pointer}:focus-visible{outline:3px solid #93b4ff;outline-offset:2px}"
    "@media(prefers-color-scheme:dark){body{background:#12161d;color:#e6eaf0}main{background:#1b2129;"
    "border-color:#343c48}li{border-color:#343c48}a{color:#9db8ff}}"
)


def page(language: str, title: str, content: str) -> str:
    """A whole page; `content` is HTML, whose words the caller has escaped."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1><bdi>{escape(title)}</bdi></h1>{content}</main></body></html>"
    )


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def link(url: str, label: str) -> str:
    return f'<a href="{escape(url)}">{escape(label)}</a>'
