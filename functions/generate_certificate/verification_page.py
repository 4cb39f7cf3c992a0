"""The page of a certificate for people: no script, nothing from elsewhere, readable on a phone."""

import base64
import hashlib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.generate_certificate.models import Verification
from shared import clock
from shared.config import settings

if TYPE_CHECKING:
    from jinja2 import Template

PAGES = Path(__file__).parent / "pages"
UNKNOWN = "We issued no certificate with this link. It may have been cut off: open it again from the certificate."
UNKNOWN_FILE = "This file is not, byte for byte, a certificate that we issued. It may have been changed or saved anew."


def page(verification: Verification | None, *, upload_url: str, is_file: bool) -> str:
    """The whole page, for a link or for an uploaded file."""
    return _template().render(
        verification=verification,
        certificate=verification.certificate if verification else None,
        title=_title(verification),
        message=UNKNOWN_FILE if is_file else UNKNOWN,
        is_file=is_file,
        upload_url=upload_url,
    )


def headers() -> dict[str, str]:
    style = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
    }


def _title(verification: Verification | None) -> str:
    if verification is None:
        return "Not one of our certificates"
    if verification.certificate is None:
        return "This certificate cannot be confirmed"
    return "Valid certificate" if verification.valid else "Revoked certificate"


@cache
def _style() -> str:
    return (PAGES / "certificate.css").read_text()


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - for browsers only
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"day": _day, "hours": _hours}  # pyright: ignore[reportAttributeAccessIssue]
    template = environment.get_template("certificate.html")
    template.globals["style"] = Markup(_style())  # noqa: S704 - our own file, which its hash in the policy is made of
    return template


def _day(at: date | datetime) -> str:
    day = clock.in_zone(at, settings().time_zone) if isinstance(at, datetime) else at
    return f"{day.day} {day:%B %Y}"


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest))
