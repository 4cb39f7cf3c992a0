"""Reconciliation: start a run, see what runs found, download it, see what was settled."""

from typing import Annotated, Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel

from functions.admin_finance.reconciliation import job, service
from functions.admin_finance.reconciliation.models import (
    ItemFilters,
    ReconciliationItemList,
    ReconciliationRunAnswer,
    ReconciliationRunList,
    SettlementAnswer,
    SettlementList,
)
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.config import settings
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.reconciliation.models import ComparisonSubject, ReconciliationDays, RunKind, RunStatus, Verdict
from shared.reconciliation.service import request_run
from shared.refusals import answers
from shared.routing import created
from shared.spreadsheets import CONTENT_TYPE

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/reconciliation"


def _json_or_csv(model: type[BaseModel], **refused: int) -> dict[int, Any]:
    """`responses` of a route that answers with JSON or CSV."""
    content: dict[str, Any] = {"application/json": {"model": model}, "text/csv": {"schema": {"type": "string"}}}
    return {200: {"description": "OK", "content": content}, **answers(**refused)}


@routes.post(
    f"{PATH}/runs",
    summary="Start a reconciliation",
    tags=["Admin"],
    status_code=201,
    responses=answers(201, 200, days_to_come=422),
)
def start_run(days: ReconciliationDays) -> Response[ReconciliationRunAnswer]:
    """Over these days of the platform's time zone. It is begun at once and goes on by itself; 200 and the run that is
    under way where one over the same days has not finished."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        requested = request_run(conn, days, admin.id, clock.now())
        action = "reconciliation.start" if requested.is_new else "reconciliation.resume"
        admin.record(conn, action, "reconciliation_run", requested.id, new=days.model_dump(mode="json"))
        answer = ReconciliationRunAnswer(run=service.find_run(conn, requested.id))
    job.invoke()
    return created(answer) if requested.is_new else Response(200, content_type="application/json", body=answer)


@routes.get(f"{PATH}/runs", summary="Reconciliations, the newest first", tags=["Admin"])
def list_runs(
    kind: Annotated[RunKind | None, Query(description="Only runs of this kind.")] = None,
    status: Annotated[RunStatus | None, Query(description="Only runs in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> ReconciliationRunList:
    """`open_orders` are the runs every 15 minutes that ask about orders nobody has paid yet."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_runs(conn, kind, status, cursor=cursor, limit=limit)


@routes.get(
    f"{PATH}/runs/<run_id>", summary="One reconciliation", tags=["Admin"], responses=answers(200, not_found=404)
)
def show_run(run_id: Annotated[UUID, Path()]) -> ReconciliationRunAnswer:
    """Poll it until `status` is no longer `running`."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return ReconciliationRunAnswer(run=service.find_run(conn, run_id))


@routes.get(
    f"{PATH}/items",
    summary="What reconciliation found, the newest first",
    tags=["Admin"],
    responses=_json_or_csv(ReconciliationItemList),
)
def list_items(
    run_id: Annotated[UUID | None, Query(alias="runId")] = None,
    verdict: Annotated[Verdict | None, Query(description="Only this verdict.")] = None,
    comparison: Annotated[ComparisonSubject | None, Query(description="Only comparisons of this.")] = None,
    entity_id: Annotated[
        str | None, Query(alias="entityId", max_length=60, description="Only this entity, by Razorpay's id.")
    ] = None,
    repaired: Annotated[bool | None, Query(description="Only what was repaired, or was not.")] = None,
    standing: Annotated[bool, Query(description="Without what a later item has replaced.")] = False,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response[ReconciliationItemList | str]:
    """`standing=true` shows how everything stands, without what was found and has changed since; `format=csv` answers
    with up to 20,000 items as `text/csv`."""
    filters = ItemFilters(run_id, verdict, comparison, entity_id, repaired, standing)
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        if format == "csv":
            return _download(service.items_csv(conn, filters), "reconciliation")
        items = service.list_items(conn, filters, cursor=cursor, limit=limit)
    return Response(status_code=200, content_type="application/json", body=items)


@routes.get(f"{PATH}/settlements", summary="What was settled, the newest first", tags=["Admin"])
def list_settlements(days: Annotated[ReconciliationDays, Query()]) -> SettlementList:
    """Settled within these days of the platform's time zone."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return SettlementList(settlements=service.list_settlements(conn, days.window(settings().time_zone)))


@routes.get(
    f"{PATH}/settlements/<settlement_id>",
    summary="One settlement and what it is made of",
    tags=["Admin"],
    responses=_json_or_csv(SettlementAnswer, not_found=404),
)
def show_settlement(
    settlement_id: Annotated[str, Path(max_length=60)],
    format: Annotated[Literal["json", "csv"], Query()] = "json",
) -> Response[SettlementAnswer | str]:
    """With its first 100 rows; `format=csv` answers with all of them as `text/csv`."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        settlement, rows = service.find_settlement(conn, settlement_id)
        if format == "csv":
            return _download(service.settlement_rows_csv(conn, settlement_id), settlement.id)
    answer = SettlementAnswer(settlement=settlement, rows=rows)
    return Response(status_code=200, content_type="application/json", body=answer)


def _download(table: str, name: str) -> Response[Any]:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(status_code=200, content_type=CONTENT_TYPE, body=table, headers=headers)
