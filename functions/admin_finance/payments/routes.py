"""Payments of everybody: find them, download them."""

from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_finance.payments import service
from functions.admin_finance.payments.models import OrderStatus, PaymentFilters, PaymentList
from shared import db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import json_or_csv
from shared.spreadsheets import csv_response

routes = APIGatewayHttpRouter()


@routes.get(
    "/functions/v1/admin/payments",
    summary="Payments of everybody, the newest first",
    tags=["Admin"],
    responses=json_or_csv(PaymentList),
)
def list_payments(
    status: Annotated[OrderStatus | None, Query(description="Only orders in this state.")] = None,
    event_id: Annotated[UUID | None, Query(alias="eventId")] = None,
    user_id: Annotated[UUID | None, Query(alias="userId")] = None,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response[PaymentList | str]:
    """Also orders that nobody has paid. `format=csv` answers with up to 20,000 rows as `text/csv`."""
    filters = PaymentFilters(status=status, event_id=event_id, user_id=user_id)
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        if format == "csv":
            return csv_response("payments", service.payments_csv(conn, filters))
        found = service.list_payments(conn, filters, cursor=cursor, limit=limit)
    return Response(200, content_type="application/json", body=found)
