"""Notifications: list and retry the failed ones, send a broadcast to all students of a course."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_operations.notifications import service
from functions.admin_operations.notifications.models import (
    BroadcastAnswer,
    BroadcastList,
    FailedNotificationList,
    NewBroadcast,
    QueuedNotificationList,
    RetryAllRequest,
    RetryAnswer,
)
from shared import db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.notifications.handoff import HANDED_OFF_AT_ONCE, hand_off
from shared.notifications.models import Type
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers
from shared.routing import created

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/notifications"


@routes.get(PATH, summary="List failed notifications", tags=["Admin"])
def list_failed(
    type: Annotated[Type | None, Query(description="Only this type of delivery.")] = None,
    template: Annotated[str | None, Query(max_length=100, description="Only this text.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> FailedNotificationList:
    """Those that were refused for good or failed three times."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_failed(conn, kind=type, template=template, cursor=cursor, limit=limit)


@routes.get(f"{PATH}/sent", summary="Every notification to a person", tags=["Admin"])
def list_sent(
    user_id: Annotated[UUID, Query(alias="userId", description="The person.")],
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> QueuedNotificationList:
    """Sent, waiting, failed and suppressed ones, the newest first."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_sent(conn, user_id, cursor=cursor, limit=limit)


@routes.get(f"{PATH}/broadcasts", summary="Broadcasts, the newest first", tags=["Admin"])
def list_broadcasts(
    event_id: Annotated[UUID | None, Query(alias="eventId")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> BroadcastList:
    """Of all courses or of one."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_broadcasts(conn, event_id, cursor=cursor, limit=limit)


@routes.post(f"{PATH}/retry-all", summary="Retry failed notifications", tags=["Admin"])
def retry_all(which: RetryAllRequest) -> RetryAnswer:
    """Queued at once, with three new attempts each."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        retried = service.retry_all(conn, which)
        new = {**which.model_dump(), "retried": retried}
        admin.record(conn, "notification.retry_all", "notification", "failed", new=new)
    hand_off(conn.enqueued[:HANDED_OFF_AT_ONCE])
    return RetryAnswer(retried=retried)


@routes.post(
    f"{PATH}/broadcasts",
    summary="Send a message to all students of a course",
    tags=["Admin"],
    status_code=201,
    responses=answers(200, 201, not_found=404, idempotency_key_reused=409),
)
def start_broadcast(
    body: NewBroadcast,
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=100)] = None,
) -> Response[BroadcastAnswer]:
    """Queued at once; the answer and `GET .../broadcasts/{id}` show how far it has come."""
    admin = administrator_of(routes.current_event.raw_event)
    broadcast_id = service.broadcast_id_of(admin.id, idempotency_key)
    with db.transaction(administrator(admin.id)) as conn:
        is_new = service.start_broadcast(conn, broadcast_id, admin.id, body)
        if is_new:
            new = {**body.model_dump(mode="json"), "notifications": len(conn.enqueued)}
            admin.record(conn, "notification.broadcast", "broadcast", broadcast_id, new=new)
        answer = service.find_broadcast(conn, broadcast_id)
    hand_off(conn.enqueued[:HANDED_OFF_AT_ONCE])
    return created(answer) if is_new else Response(200, content_type="application/json", body=answer)


@routes.get(
    f"{PATH}/broadcasts/<broadcast_id>",
    summary="The progress of a broadcast",
    tags=["Admin"],
    responses=answers(200, not_found=404),
)
def show_broadcast(broadcast_id: Annotated[UUID, Path()]) -> BroadcastAnswer:
    """With the number of notifications in each state."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.find_broadcast(conn, broadcast_id)


@routes.post(
    f"{PATH}/<notification_id>/retry",
    summary="Retry a failed notification",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_failed=409),
)
def retry(notification_id: Annotated[UUID, Path()]) -> RetryAnswer:
    """Queued at once, with three new attempts."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        was = service.retry(conn, notification_id)
        old = {"status": "failed", **was.model_dump(mode="json", include={"retry_count", "last_error"})}
        admin.record(conn, "notification.retry", "notification", notification_id, old=old, new={"status": "pending"})
    hand_off(conn.enqueued)
    return RetryAnswer(retried=1)
