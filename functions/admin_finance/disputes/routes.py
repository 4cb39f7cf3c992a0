"""Disputes: which payments the payers' banks contest, until when each needs an answer, what was lost."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import AwareDatetime

from functions.admin_finance.disputes import queries
from functions.admin_finance.disputes.models import DisputeFilters, DisputeList
from shared import db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.db import Connection
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_after, read_cursor
from shared.payments.models import DisputeStatus

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/disputes"


@routes.get(PATH, summary="Disputes, the newest first", tags=["Admin"])
def list_disputes(
    status: Annotated[DisputeStatus | None, Query(description="Only disputes in this state.")] = None,
    payment_id: Annotated[UUID | None, Query(alias="paymentId")] = None,
    user_id: Annotated[UUID | None, Query(alias="userId")] = None,
    event_id: Annotated[UUID | None, Query(alias="eventId")] = None,
    respond_before: Annotated[
        AwareDatetime | None,
        Query(alias="respondBefore", description="Only disputes that wait for an answer due before this time."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> DisputeList:
    """`respondBefore` leaves those that wait for an answer due before then; it is given in Razorpay's dashboard."""
    admin = administrator_of(routes.current_event.raw_event)
    filters = DisputeFilters(status, payment_id, user_id, event_id, respond_before)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return _dispute_list(conn, filters, cursor, limit)


def _dispute_list(conn: Connection, filters: DisputeFilters, cursor: str | None, limit: int) -> DisputeList:
    found = queries.list_disputes(conn, filters, read_cursor(cursor), limit + 1)
    page, more = found[:limit], len(found) > limit
    return DisputeList(
        disputes=page,
        totals=queries.total_disputes(conn, filters),
        next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None,
    )
