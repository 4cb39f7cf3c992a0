"""Webhook deliveries: list, show and replay what providers sent."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import AwareDatetime

from functions.admin_operations.webhook_logs import service
from functions.admin_operations.webhook_logs.models import (
    DeliveryAnswer,
    DeliveryFilters,
    DeliveryList,
    DeliveryStatus,
    LoggedDelivery,
    ReplayAnswer,
)
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/webhook-logs"


@routes.get(PATH, summary="Webhook deliveries, the newest first", tags=["Admin"])
def list_deliveries(
    status: Annotated[DeliveryStatus | None, Query(description="Only deliveries in this state.")] = None,
    event_type: Annotated[
        str | None, Query(alias="eventType", max_length=100, description="Only this event, such as `payment.captured`.")
    ] = None,
    outcome: Annotated[str | None, Query(max_length=40, description="Only this outcome.")] = None,
    signature_valid: Annotated[
        bool | None, Query(alias="signatureValid", description="Only validly signed deliveries, or the others.")
    ] = None,
    order_id: Annotated[
        str | None, Query(alias="orderId", max_length=40, description="Only this order, by Razorpay's id.")
    ] = None,
    payment_id: Annotated[
        str | None, Query(alias="paymentId", max_length=40, description="Only this payment, by Razorpay's id.")
    ] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Only deliveries that arrived at or after this time.")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Only deliveries that arrived before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> DeliveryList:
    """`since` and `until` (not included) are of the arrival."""
    which = DeliveryFilters(
        status=status,
        event_type=event_type,
        outcome=outcome,
        signature_valid=signature_valid,
        order_id=order_id,
        payment_id=payment_id,
        since=since,
        until=until,
    )
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_deliveries(conn, which, cursor=cursor, limit=limit)


@routes.get(f"{PATH}/<log_id>", summary="One delivery whole", tags=["Admin"], responses=answers(200, not_found=404))
def get_delivery(log_id: Annotated[UUID, Path()]) -> DeliveryAnswer:
    """With its headers and its body."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return DeliveryAnswer(webhook_log=service.find_delivery(conn, log_id))


@routes.post(
    f"{PATH}/<log_id>/replay",
    summary="Replay a stored delivery",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_signed=409, not_replayable=409),
)
def replay_delivery(log_id: Annotated[UUID, Path()]) -> ReplayAnswer:
    """Processes it as if Razorpay delivered it now. One that was processed is a `duplicate` and stays unchanged."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        old, answer = service.replay_delivery(conn, log_id, clock.now())
        new = {"result": answer.result, **_audited(answer.webhook_log)}
        admin.record(conn, "webhook.replay", "webhook_log", log_id, old=_audited(old), new=new)
    hand_off(conn.enqueued)
    logger.info("webhook_replayed", webhook_log_id=str(log_id), result=answer.result)
    return answer


def _audited(delivery: LoggedDelivery) -> dict[str, Any]:
    return delivery.model_dump(by_alias=False, include={"status", "outcome", "error"})
