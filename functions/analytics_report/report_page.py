"""The page of a report: no script, nothing from elsewhere, readable on a phone and on paper."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.analytics_report.models import AnyReport
from functions.analytics_report.views import instant, range_of, view

if TYPE_CHECKING:
    from jinja2 import Template

PAGES = Path(__file__).parent / "pages"


def page(report: AnyReport) -> str:
    return _template().render(
        view=view(report),
        range=range_of(report),
        as_of=instant(report.as_of, report.time_zone),
        time_zone=report.time_zone,
    )


def headers() -> dict[str, str]:
    style = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{style}'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    }


@cache
def _style() -> str:
    return (PAGES / "report.css").read_text()


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - for browsers only
    from markupsafe import Markup  # noqa: PLC0415

    environment = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("report.html")
    template.globals["style"] = Markup(_style())  # noqa: S704 - our own file, which its hash in the policy is made of
    template.globals["drawing"] = Markup  # charts escape what they are given
    return template
