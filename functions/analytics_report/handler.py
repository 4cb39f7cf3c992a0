"""GET /functions/v1/analytics-report: what administrators want to know, as JSON, for a spreadsheet and as a page."""

from datetime import date
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import RootModel

from functions.analytics_report import report_page, service, sheets
from functions.analytics_report.dates import read_date_range
from functions.analytics_report.models import AnyReport, Grouping, ReportType
from shared import auth, clock, db
from shared.actors import administrator
from shared.config import settings
from shared.invocations import invocation
from shared.log import logger
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers
from shared.routing import Router
from shared.spreadsheets import CONTENT_TYPE

app = Router(authorize=auth.admin_caller)
JSON, HTML = "application/json", "text/html"
MOST_ROWS = 1_000
"""Of a CSV: with what attendance costs for each course, still within the time and the 6 MB a Lambda has to answer."""
Format = Literal["json", "csv", "html"]


class AnalyticsReport(RootModel[AnyReport]):
    """The report that `type` names."""


@app.get(
    "/functions/v1/analytics-report",
    summary="A report for administrators",
    tags=["Admin"],
    responses={
        200: {
            "description": "The report",
            "content": {
                JSON: {"model": AnalyticsReport},
                "text/csv": {"schema": {"type": "string"}},
                HTML: {"schema": {"type": "string"}},
            },
        },
        **answers(unauthenticated=401, forbidden=403, invalid=422),
    },
)
def show_report(
    type: Annotated[ReportType, Query(description="Which report.")],
    start_date: Annotated[date | None, Query(alias="startDate")] = None,
    end_date: Annotated[date | None, Query(alias="endDate")] = None,
    group_by: Annotated[Grouping, Query(alias="groupBy", description="Length of the periods of `revenue`.")] = "day",
    format: Annotated[
        Format | None, Query(description="`json`, `csv` or `html`; without it, `Accept` decides.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response[str]:
    """Days in the platform's time zone, both included, 366 at most; without any, everything or the last 30 days.

    Without `format`, `Accept: text/html` gets a page with charts. A CSV has the first 1,000 rows of a list behind
    `cursor`; when there are more, its name ends in `-incomplete` and the header `X-Next-Cursor` says where they begin.
    """
    admin_id = auth.admin_caller(app.current_event.raw_event)
    chosen = format or ("html" if HTML in app.current_event.headers.get("accept", "") else "json")
    now, zone = clock.now(), settings().time_zone
    days = read_date_range(start_date, end_date, today=clock.in_zone(now, zone).date(), zone=zone)
    asked = service.ReportRequest(
        type, days, zone, now, grouping=group_by, cursor=cursor, limit=MOST_ROWS if chosen == "csv" else limit
    )
    with db.transaction(administrator(admin_id), read_only=True) as conn:
        report = service.make(conn, asked)
    logger.info("report_made", type=type, format=chosen)
    return _answer(report, chosen)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


def _answer(report: AnyReport, chosen: Format) -> Response[str]:
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
    match chosen:
        case "json":
            return Response(200, JSON, report.model_dump_json(by_alias=True), headers)
        case "csv":
            return Response(200, CONTENT_TYPE, sheets.csv_of(report), headers | _named(report))
        case "html":
            return Response(200, f"{HTML}; charset=utf-8", report_page.page(report), headers | report_page.headers())


def _named(report: AnyReport) -> dict[str, str]:
    name = "-".join([report.type, *([f"{report.start_date}-{report.end_date}"] if report.start_date else [])])
    cursor = getattr(report, "next_cursor", None)
    if cursor is None:
        return {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return {"Content-Disposition": f'attachment; filename="{name}-incomplete.csv"', "X-Next-Cursor": cursor}
