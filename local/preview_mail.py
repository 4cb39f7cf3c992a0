"""`make preview-mail`: every notification in every language as pages, for looking at."""

import sys
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from local.state import PROJECT
from shared import clock, languages
from shared.notifications import rendering

FOLDER = PROJECT / ".local" / "mail"
TIME_ZONE = "Asia/Kolkata"
LISTING_SESSIONS = frozenset({"registration_confirmed", "payment_success", "referral_reward", "sessions_moved"})
"""As functions.send_notifications.courses lists them."""
APP = "https://app.example.com"
UNSUBSCRIBE = "https://api.example.com/functions/v1/unsubscribe?token=sample"
SAMPLE: dict[str, Any] = {
    "eventTitle": "Deep Learning in a Weekend",
    "eventId": "5d0e8f5e-1c3f-4a6b-9d7e-2f1a0b9c8d7e",
    "registrationId": "0b6f3c1e-7d2a-4a5b-8c9d-1e2f3a4b5c6d",
    "waitlistId": "9c8b7a6d-5e4f-4d3c-8b2a-1f0e9d8c7b6a",
    "paymentId": "pay_NXk2h8Qm4vZr1T",
    "amount": 12345050,
    "currency": "INR",
    "reason": "Your bank declined the payment.",
    "startsAt": "2026-12-05T04:30:00+00:00",
    "movedFrom": "2026-12-04T04:30:00+00:00",
    "sessions": [{"startsAt": "2026-12-05T04:30:00+00:00"}, {"startsAt": "2026-12-06T04:30:00+00:00"}],
    "expiresAt": "2026-12-01T12:30:00+00:00",
    "certificateNumber": "CC-2026-000042-7",
    "verifyUrl": "https://api.example.com/functions/v1/generate-certificate?token=sample",
    "disputeId": "disp_NXk2h8Qm4vZr1T",
    "status": "open",
    "phase": "chargeback",
    "respondBy": "2026-12-08T18:29:00+00:00",
    "lost": 0,
    "position": 3,
    "code": "271828",
    "kind": "free_access",
    "subject": "A payment needs a decision",
    "detail": "Payment pay_NXk2h8Qm4vZr1T is 1 paisa short of its order.",
    "title": "Bring your laptop",
    "message": "We start with an exercise, so come with:\n- a charged laptop\n- headphones",
    "sessionTitle": "Neural networks from scratch",
    "joinUrl": "https://api.example.com/functions/v1/sessions/5d0e8f5e-1c3f-4a6b-9d7e-2f1a0b9c8d7e/join?token=sample",
    "receiptUrl": "https://api.example.com/functions/v1/receipt?token=sample",
    "calendarUrl": "https://api.example.com/functions/v1/calendar/sample.ics",
    "refundPolicy": {
        "fullUntil": "2026-12-03T04:30:00+00:00",
        "partialUntil": "2026-12-04T04:30:00+00:00",
        "partialPercent": 50,
    },
    "paid": 12345050,
    "kept": 0,
}


def main(folder: Path = FOLDER) -> None:
    """Write one page per text and language, its plain text beside it, and an index."""
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[str] = []
    for language in languages.languages():
        for template in rendering.templates_of(language):
            name = f"{language}-{template}"
            message = rendering.render(template, language, SAMPLE, time_zone=TIME_ZONE)
            context = _context(message, language, template)
            (folder / f"{name}.html").write_text(rendering.lay_out("mail.html", **context))
            (folder / f"{name}.txt").write_text(rendering.lay_out("mail.txt", **context))
            entries.append(_entry(name, message))
    index = folder / "index.html"
    index.write_text(INDEX.format(entries="\n".join(entries)))
    print(f"{len(entries)} previews: {index}")


def _schedule(language: str) -> list[dict[str, str | None]]:
    """Two days of one course."""
    starts = [clock.in_zone(datetime.fromisoformat(each["startsAt"]), TIME_ZONE) for each in SAMPLE["sessions"]]
    titles = (SAMPLE["sessionTitle"], None)
    return [
        {
            "title": title,
            "time": languages.format_session(each, each + timedelta(hours=3), language),
            "join_url": SAMPLE["joinUrl"],
        }
        for title, each in zip(titles, starts, strict=True)
    ]


def _context(message: rendering.Message, language: str, template: str) -> dict[str, Any]:
    url = message.action.url if message.action else None
    return {
        "message": message,
        "name": "Asha Rao",
        "language": language,
        "words": rendering.words(language),
        "schedule": _schedule(language) if template in LISTING_SESSIONS else (),
        "how_to_join": rendering.words(language)["how_to_join"].format(minutes=15),
        "footer": [
            rendering.words(language)["help"].format(support="help@example.com"),
            rendering.words(language)["reply"].format(platform="Crash Course"),
        ],
        "action_url": f"{APP}{url}" if url and url.startswith("/") else url,
        "unsubscribe_url": "https://api.example.com/functions/v1/unsubscribe?token=sample"
        if template == "broadcast"
        else None,
    }


def _entry(name: str, message: rendering.Message) -> str:
    return (
        f'<section><h2>{escape(name)}</h2><p><a href="{name}.html">page</a> · <a href="{name}.txt">text</a></p>'
        f"<p><b>In the app:</b> {escape(message.title)} — {escape(message.message)}</p>"
        f"<p><b>SMS ({len(message.sms)}):</b> {escape(message.sms)}</p>"
        f'<iframe src="{name}.html" loading="lazy" title="{escape(name)}"></iframe></section>'
    )


INDEX = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail previews</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{{font:15px/1.5 system-ui,sans-serif;margin:2rem;display:grid;gap:2rem;background:#fafbfc;color:#1f2733;
grid-template-columns:repeat(auto-fill,minmax(min(420px,100%),1fr))}}h1{{grid-column:1/-1;margin:0}}
h2{{font-size:1rem;margin:0}}p{{margin:.3rem 0}}
iframe{{width:100%;height:520px;border:1px solid #dfe3e9;background:#fff}}
</style></head><body><h1>Mail previews</h1>
{entries}
</body></html>"""


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
