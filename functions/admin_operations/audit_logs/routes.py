"""The audit log: who changed what, when and from where. Nobody changes it."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import AwareDatetime

from functions.admin_operations.audit_logs import queries
from functions.admin_operations.audit_logs.models import AuditedChangeList, AuditLogFilters
from shared import db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor_at, read_position

routes = APIGatewayHttpRouter()


@routes.get("/functions/v1/admin/audit-logs", summary="What administrators changed, the newest first", tags=["Admin"])
def list_changes(
    admin_id: Annotated[UUID | None, Query(alias="adminId")] = None,
    action: Annotated[
        str | None, Query(max_length=100, description="Only this action, such as `event.publish`.")
    ] = None,
    resource_type: Annotated[
        str | None,
        Query(alias="resourceType", max_length=100, description="Only changes of this type, such as `event`."),
    ] = None,
    resource_id: Annotated[
        str | None, Query(alias="resourceId", max_length=100, description="Only changes of this record.")
    ] = None,
    since: Annotated[AwareDatetime | None, Query(description="Only changes at or after this time.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Only changes before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> AuditedChangeList:
    """`python -m shared.audit.verify` checks that nothing in it was altered, removed or moved."""
    which = AuditLogFilters(
        admin_id=admin_id,
        action=action,
        resource_type=resource_type,
        resource_id=resource_id,
        since=since,
        until=until,
    )
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        found = queries.list_changes(conn, which, before=read_position(cursor), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    return AuditedChangeList(audit_logs=page, next_cursor=cursor_at(page[-1].position) if more else None)
