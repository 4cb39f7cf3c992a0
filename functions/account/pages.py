"""The pages behind a mail's unsubscribe link. Nothing of the request is written into them."""

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


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main><h1>{title}</h1>{content}</main></body></html>"
    )


# The form posts to the address it was loaded from, token included.
ASK = _page(
    "Unsubscribe from news and offers?",
    "<p>You will still hear about your registrations, payments and certificates.</p>"
    '<form method="post"><button type="submit">Unsubscribe</button></form>',
)
DONE = _page(
    "You are unsubscribed",
    "<p>We will not send you news and offers by email any more. "
    "You can change this at any time in your notification preferences.</p>",
)
UNKNOWN = _page(
    "This link does not work",
    "<p>It may have been cut off. Open it again from the mail, or change your notification preferences "
    "in your account.</p>",
)
