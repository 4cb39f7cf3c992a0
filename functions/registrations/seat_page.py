"""The page of one seat, in its owner's language."""

from functions.registrations.models import SeatPage
from shared import clock, languages, links
from shared.config import settings
from shared.pages import link, page, paragraph


def page_of(seat: SeatPage) -> str:
    language = languages.language_of(seat.language)
    text = languages.texts(language)
    words, layout = text["page"]["registration"], text["layout"]
    content = [paragraph(words[seat.status])]
    if seat.status == "confirmed":
        content.append(_sessions(seat, language, layout))
        content.append(paragraph(layout["how_to_join"].format(minutes=settings().join_opens_minutes)))
    shown = [link(links.receipt_url(seat.payment_id), words["receipt"])] if seat.payment_id else []
    if seat.status == "confirmed":
        shown.append(link(links.calendar_url(seat.user_id, seat.calendar_generation), words["calendar"]))
    if seat.certificate_token:
        address = f"{settings().public_base_url.rstrip('/')}/functions/v1/generate-certificate"
        shown.append(link(f"{address}?token={seat.certificate_token}", words["certificate"]))
    content.append("".join(f"<p>{each}</p>" for each in shown))
    support = settings().support_email or settings().email_from
    content.append(paragraph(text["page"]["link"]["help"].format(support=support)))
    return page(language, seat.title, "".join(content))


def unknown(language: str) -> str:
    text = languages.texts(language)["page"]["link"]
    return page(language, text["unknown"], paragraph(text["unknown_text"]))


def _sessions(seat: SeatPage, language: str, layout: dict[str, str]) -> str:
    rows = [
        languages.format_session(
            clock.in_zone(each.starts_at, seat.time_zone), clock.in_zone(each.ends_at, seat.time_zone), language
        )
        + " "
        + link(links.join_url(each.id, seat.registration_id), layout["join"])
        for each in seat.sessions
    ]
    return f"<h2>{layout['sessions']}</h2><ul>{''.join(f'<li>{row}</li>' for row in rows)}</ul>"
