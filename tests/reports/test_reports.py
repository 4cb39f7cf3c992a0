"""What administrators get, and what is refused: ranges of days, pages of lists, spreadsheets and pages."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
import time_machine

from functions.analytics_report.models import RevenuePeriod
from local.razorpay.payloads import new_id
from shared.spreadsheets import model_sheet
from tests.deployed import DeployedFunctions
from tests.reports.office import ReportReader

KINDS = ("overview", "revenue", "events", "referrals", "funnel", "attendance")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVIL = '=HYPERLINK("http://evil")<script>alert(1)</script>'


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def pay(platform: DeployedFunctions, event_id: UUID, at: datetime, amount: int = 49_900) -> UUID:
    """A paid seat with its payment; the order's row."""
    seat = platform.confirmed(platform.profile(), event_id, created_at=at)
    order_id = platform.paid_order(seat, amount=amount)
    row = platform.row("select id from payment_transactions where razorpay_order_id = %s", order_id)
    platform.rows(
        "insert into payment_attempts (razorpay_payment_id, payment_transaction_id, status, amount, currency, fee,"
        " tax, created_at) values (%s, %s, 'captured', %s, 'INR', 1178, 180, %s)",
        *(new_id("pay"), row["id"], amount, at),
    )
    return row["id"]


def refund(platform: DeployedFunctions, order: UUID, at: datetime, amount: int) -> None:
    platform.rows(
        "insert into refunds (payment_transaction_id, razorpay_payment_id, razorpay_refund_id, amount, currency,"
        " reason, status, idempotency_key, processed_at) values (%s, 'pay', %s, %s, 'INR', 'admin', 'processed', %s,"
        " %s)",
        *(order, new_id("rfnd"), amount, new_id("key"), at),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_only_administrators_are_told(office: ReportReader, kind: str) -> None:
    def status(user: UUID | None, *groups: str) -> int:
        return office.platform.request(
            "analytics_report", "GET", "analytics-report", user=user, groups=groups, query={"type": kind}
        ).status

    student = office.platform.profile()
    assert (status(None), status(student), status(student, "admin")) == (401, 403, 403)
    assert (status(office.admin), status(office.admin, "admin")) == (403, 200)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"type": "users"},
        {"type": "revenue", "startDate": "2026-03-02", "endDate": "2026-03-01"},
        {"type": "revenue", "startDate": "2025-03-01", "endDate": "2026-03-02"},
        {"type": "revenue", "startDate": "2026-04-01", "endDate": "2026-03-02"},
        {"type": "revenue", "startDate": "2026-02-30"},
        {"type": "overview", "startDate": "yesterday"},
        {"type": "overview", "endDate": "9999-12-31"},
        {"type": "overview", "startDate": "0001-01-01"},
        {"type": "revenue", "groupBy": "year"},
        {"type": "revenue", "format": "pdf"},
        {"type": "events", "limit": "101"},
        {"type": "events", "limit": "0"},
        {"type": "events", "cursor": "nonsense"},
        {"type": "attendance", "cursor": "nonsense"},
        {"type": "referrals", "cursor": "nonsense"},
        {
            "type": "referrals",
            "cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSAxIDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMA",
        },
    ],
)
def test_what_cannot_be_asked_is_refused(office: ReportReader, query: dict[str, str]) -> None:
    answer = office.platform.request(
        "analytics_report", "GET", "analytics-report", user=office.admin, groups=["admin"], query=query
    )
    assert (answer.status, answer.body["code"]) == (422, "invalid")


def test_the_longest_range_is_a_leap_year(office: ReportReader) -> None:
    periods = office.report("revenue", startDate="2028-01-01", endDate="2028-12-31")
    assert (periods["startDate"], periods["endDate"]) == ("2028-01-01", "2028-12-31")


def test_days_begin_and_end_at_midnight_in_kolkata(office: ReportReader) -> None:
    event = office.platform.event()
    midnight = datetime(2026, 3, 9, 18, 30, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    for at in (midnight - moment, midnight, midnight + timedelta(days=1) - moment, midnight + timedelta(days=1)):
        refund(office.platform, pay(office.platform, event, at), at, 100)

    def counted(start: str, end: str) -> tuple[int, int]:
        (total,) = office.report("revenue", startDate=start, endDate=end)["totals"]
        return total["payments"], total["refunds"]

    assert counted("2026-03-09", "2026-03-09") == (1, 1)
    assert counted("2026-03-10", "2026-03-10") == (2, 2)
    assert counted("2026-03-11", "2026-03-11") == (1, 1)
    assert counted("2026-03-09", "2026-03-11") == (4, 4)
    days = {each["startDate"]: each for each in office.report("revenue", startDate="2026-03-08")["periods"]}
    assert {day: each["payments"] for day, each in days.items()} == {
        "2026-03-08": 0,
        "2026-03-09": 1,
        "2026-03-10": 2,
    }
    assert office.report("overview", startDate="2026-03-10", endDate="2026-03-10")["registrations"]["total"] == 2


def test_a_refund_counts_when_it_went_back_and_fees_stay_paid(office: ReportReader) -> None:
    order = pay(office.platform, office.platform.event(), datetime(2026, 2, 27, tzinfo=UTC), 100_000)
    refund(office.platform, order, datetime(2026, 3, 2, tzinfo=UTC), 40_000)
    report = office.report("revenue", startDate="2026-02-26", endDate="2026-03-03", groupBy="month")
    february, march = report["periods"]
    assert (february["startDate"], february["endDate"]) == ("2026-02-26", "2026-02-28")
    assert (march["startDate"], march["endDate"]) == ("2026-03-01", "2026-03-03")
    assert (february["gross"], february["fees"], february["tax"], february["net"]) == (100_000, 1178, 180, 98_822)
    assert (march["refunded"], march["net"]) == (40_000, -40_000)
    assert report["totals"][0]["net"] == 58_822


def test_weeks_begin_on_monday_and_are_cut_to_the_range(office: ReportReader) -> None:
    pay(office.platform, office.platform.event(), datetime(2026, 3, 4, tzinfo=UTC))
    periods = office.report("revenue", startDate="2026-03-04", endDate="2026-03-10", groupBy="week")["periods"]
    spans = [(each["startDate"], each["endDate"], each["payments"]) for each in periods]
    assert spans == [("2026-03-04", "2026-03-08", 1), ("2026-03-09", "2026-03-10", 0)]


def test_without_dates_a_report_is_of_everything_or_the_last_thirty_days(office: ReportReader) -> None:
    assert office.report("overview")["startDate"] is None
    recent = office.report("revenue")
    assert (recent["startDate"], recent["endDate"]) == ("2026-02-09", "2026-03-10")
    assert office.report("overview", startDate="2026-03-01")["endDate"] == "2026-03-10"
    assert office.report("overview", endDate="2026-01-30")["startDate"] == "2026-01-01"
    assert office.report("overview", startDate="2026-04-01")["endDate"] == "2026-04-01"


def test_today_is_today_in_kolkata(office: ReportReader, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2026, 3, 10, 18, 29, tzinfo=UTC))
    assert office.report("revenue")["endDate"] == "2026-03-10"
    clock.move_to(datetime(2026, 3, 10, 18, 30, tzinfo=UTC))
    assert office.report("revenue")["endDate"] == "2026-03-11"


def test_pages_of_courses_hold_each_once_the_latest_first(office: ReportReader) -> None:
    start = datetime(2026, 3, 20, tzinfo=UTC)
    for number in range(5):
        begins = start + timedelta(days=number // 2)
        office.platform.event(title=f"Course {number}", starts_at=begins, ends_at=begins + timedelta(hours=1))
    office.platform.event(title="Draft", status="draft", starts_at=start, ends_at=start + timedelta(hours=1))
    found = office.pages("events", "events", limit="2")
    assert len({each["id"] for each in found}) == len(found) == 5
    assert [each["startsAt"] for each in found] == sorted((each["startsAt"] for each in found), reverse=True)
    assert [each["title"] for each in office.pages("events", "events", startDate="2026-03-22")] == ["Course 4"]


def test_no_cell_of_a_sheet_runs_and_no_text_of_a_page_is_markup(office: ReportReader) -> None:
    platform = office.platform
    event = platform.event(title=EVIL, starts_at=NOW - timedelta(hours=3), ends_at=NOW - timedelta(hours=1))
    referrer, friend = platform.profile(full_name=EVIL), platform.profile()
    seat = platform.confirmed(friend, event)
    platform.rows(
        "insert into referrals (referrer_id, referred_user_id, event_id, registration_id) values (%s, %s, %s, %s)",
        *(referrer, friend, event, seat),
    )
    for kind in ("events", "referrals", "attendance"):
        text = office.ask(kind, format="csv").raw
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        cells = [cell for row in rows for cell in row if "HYPERLINK" in cell]
        assert cells, kind
        assert all(cell.startswith("'=") for cell in cells)
        page = office.ask(kind, format="html").raw
        assert "&lt;script&gt;" in page
        assert "<script" not in page


@pytest.mark.parametrize(
    ("minor", "currency", "major"),
    [
        (49_900, "INR", "499.00"),
        (-5, "INR", "-0.05"),
        (500, "JPY", "500"),
        (10_000, "KWD", "10.000"),
        (0, "INR", "0.00"),
    ],
)
def test_a_sheet_has_each_amount_in_minor_and_in_major_units(minor: int, currency: str, major: str) -> None:
    report = RevenuePeriod(
        start_date=date(2026, 3, 1), end_date=date(2026, 3, 1), currency=currency, payments=1, refunds=0,
        gross=minor, refunded=0, fees=0, tax=0, net=minor,
    )  # fmt: skip
    text = model_sheet(RevenuePeriod, [report], "gross", "net")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["gross_minor"], row["gross_major"], row["currency"]) == (str(minor), major, currency)
    assert row["net_major"] == major
    assert not {"gross", "net"} & row.keys()


def test_headings_are_in_snake_case_and_say_the_units_of_amounts(office: ReportReader) -> None:
    pay(office.platform, office.platform.event(price_amount=49_900), NOW)
    for kind in KINDS:
        heading, *rows = csv.reader(io.StringIO(office.ask(kind, format="csv").raw.removeprefix("\ufeff")))
        names = {*heading, *(row[0] for row in rows if kind == "overview")}
        assert all(re.fullmatch("[a-z_]+", name) for name in names), names
        assert not names & {"gross", "refunded", "fees", "tax", "net"}, names


def test_a_sheet_says_when_it_is_not_all(office: ReportReader, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1_001):
        office.platform.event(title=f"Course {number}", starts_at=NOW + timedelta(minutes=number))
    first = office.ask("events", format="csv", startDate="2026-03-01", endDate="2026-03-31")
    assert first.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="events-2026-03-01-2026-03-31-incomplete.csv"' in first.headers["content-disposition"]
    rest = office.ask("events", format="csv", cursor=first.headers["x-next-cursor"])
    assert 'filename="events.csv"' in rest.headers["content-disposition"]
    assert "x-next-cursor" not in rest.headers
    rows = [*first.raw.splitlines()[1:], *rest.raw.splitlines()[1:]]
    assert len({row.split(",")[0] for row in rows}) == len(rows) == 1_001


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_holds_everything_itself(office: ReportReader, kind: str) -> None:
    refund(office.platform, pay(office.platform, office.platform.event(), NOW - timedelta(days=3)), NOW, 49_900)
    answer = office.platform.request(
        *("analytics_report", "GET", "analytics-report"),
        user=office.admin,
        groups=["admin"],
        query={"type": kind},
        headers={"accept": "text/html,application/xhtml+xml;q=0.9"},
    )
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"<script|https?://|@import|url\(| style=| on\w+=", answer.raw)
    for drawing in re.findall(r"<svg.*?</svg>", answer.raw, re.S):
        svg = ElementTree.fromstring(drawing)
        assert svg.get("role") == "img"
        assert all(svg.findtext(name) for name in ("title", "desc"))
    assert answer.raw.count("<caption") == answer.raw.count("<table") >= answer.raw.count("<svg")


def test_amounts_are_written_as_in_india(office: ReportReader) -> None:
    pay(office.platform, office.platform.event(), NOW, 12_345_600)
    page = office.ask("revenue", format="html").raw
    assert "₹1,23,456.00" in page
    assert "₹1.23L" in page or "₹1.3L" in page


def test_a_report_is_as_of_its_making_and_may_be_kept_for_a_minute(office: ReportReader) -> None:
    answer = office.ask("overview")
    assert datetime.fromisoformat(answer.body["asOf"]) == NOW
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Accept, Authorization"
