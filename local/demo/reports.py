"""What the administrator's reports say about the student's payment."""

from typing import Any

import requests

from local.demo.journey import Journey, expect
from shared.money import format_amount


def read_overview(journey: Journey) -> str:
    """is counted in the administrator's overview"""
    overview = _report(journey, "overview")
    gross = _rupees(overview["revenue"])["gross"]
    expect(gross >= journey.order["amount"] and overview["registrations"]["paid"] > 0, f"it says {overview}")
    return f"{overview['users']} users, {overview['completedPayments']} payments, {format_amount(gross, 'INR')} gross"


def read_revenue(journey: Journey) -> str:
    """brought revenue, fees and tax, in numbers and as a page with a chart"""
    total = _rupees(_report(journey, "revenue")["totals"])
    expect(total["gross"] >= journey.order["amount"], f"it says {total}")
    headers = {"Authorization": f"Bearer {_admin(journey)}", "Accept": "text/html"}
    page = requests.get(f"{journey.stack.base_url}/functions/v1/{_path('revenue')}", headers=headers, timeout=40)
    expect(page.ok and "<svg" in page.text, f"the page was answered {page.status_code} {page.text[:300]}")
    net, fees = format_amount(total["net"], "INR"), format_amount(total["fees"], "INR")
    return f"{net} net after {fees} fees; a page of {len(page.text)} characters"


STEPS = (read_overview, read_revenue)


def _report(journey: Journey, kind: str) -> dict[str, Any]:
    return journey.call("GET", _path(kind), token=_admin(journey))


def _rupees(amounts: list[dict[str, Any]]) -> dict[str, Any]:
    found = next((each for each in amounts if each["currency"] == "INR"), {})
    expect(found, f"no rupees in {amounts}")
    return found


def _path(kind: str) -> str:
    return f"analytics-report?type={kind}"


def _admin(journey: Journey) -> str:
    return journey.stack.users["admin"].token
