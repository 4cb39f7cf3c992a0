"""Refunds: find them and why they failed, request one in full or in part, retry a failed one."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_sales.refunds import service
from functions.admin_sales.refunds.models import (
    NewPayout,
    NewRefund,
    Refund,
    RefundAnswer,
    RefundFilters,
    RefundList,
    RefundStatus,
)
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.payments.models import RefundReason
from shared.refusals import answers
from shared.routing import created

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/refunds"
AUDITED_FIELDS = {"payment_id", "amount", "currency", "reason", "status", "note", "retry_of"}


@routes.get(PATH, summary="Refunds, the newest first", tags=["Admin"])
def list_refunds(
    status: Annotated[RefundStatus | None, Query(description="Only refunds in this state.")] = None,
    reason: Annotated[RefundReason | None, Query(description="Only refunds for this reason.")] = None,
    payment_id: Annotated[UUID | None, Query(alias="paymentId")] = None,
    user_id: Annotated[UUID | None, Query(alias="userId")] = None,
    event_id: Annotated[UUID | None, Query(alias="eventId")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> RefundList:
    """Those that students, cancelled courses and late payments caused, and those made in Razorpay's dashboard, too."""
    admin = administrator_of(routes.current_event.raw_event)
    filters = RefundFilters(status=status, reason=reason, payment_id=payment_id, user_id=user_id, event_id=event_id)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_refunds(conn, filters, cursor=cursor, limit=limit)


@routes.get(f"{PATH}/<refund_id>", summary="One refund", tags=["Admin"], responses=answers(200, not_found=404))
def get_refund(refund_id: Annotated[UUID, Path()]) -> RefundAnswer:
    """With its attempts and why it failed."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return RefundAnswer(refund=service.find_refund(conn, refund_id))


@routes.post(
    PATH,
    summary="Refund a payment, in full or in part",
    tags=["Admin"],
    status_code=201,
    responses=answers(
        201,
        200,
        not_found=404,
        not_paid=409,
        nothing_left=409,
        exceeds_refundable=409,
        remainder_too_small=409,
        payment_disputed=409,
        ambiguous_payment=409,
        idempotency_key_reused=409,
    ),
)
def create_refund(
    body: NewRefund,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=100)],
) -> Response[RefundAnswer]:
    """Made at Razorpay within minutes. Once everything is back, the seat is given up; a part keeps it.

    A payment that is held because of its amount is returned in the same way. Under an open dispute, only what is not
    disputed can be refunded, unless `overrideDispute` is set. The same key again answers 200 and the same
    refund, never a second one.
    """
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        refund, is_new = service.request_refund(conn, admin.id, idempotency_key, body)
        if is_new:
            admin.record(conn, "refund.create", "refund", refund.id, new=_audited(refund))
    hand_off(conn.enqueued)
    return _answer(refund, is_new=is_new)


@routes.post(
    f"{PATH}/<refund_id>/retry",
    summary="Retry a failed refund",
    tags=["Admin"],
    status_code=201,
    responses=answers(
        201,
        200,
        not_found=404,
        not_failed=409,
        nothing_left=409,
        exceeds_refundable=409,
        remainder_too_small=409,
        payment_disputed=409,
    ),
)
def retry_refund(refund_id: Annotated[UUID, Path()]) -> Response[RefundAnswer]:
    """Creates a refund that replaces the failed one, which stays in the list. Repeated: 200 and the same refund."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        refund, is_new = service.retry_refund(conn, admin.id, refund_id)
        if is_new:
            admin.record(conn, "refund.retry", "refund", refund.id, new=_audited(refund))
    hand_off(conn.enqueued)
    return _answer(refund, is_new=is_new)


@routes.post(
    f"{PATH}/<refund_id>/payout",
    summary="Record that a failed refund was paid back in another way",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_failed=409, nothing_left=409, exceeds_refundable=409),
)
def record_payout(refund_id: Annotated[UUID, Path()], body: NewPayout) -> RefundAnswer:
    """For a refund that Razorpay refuses for good, such as of a payment older than six months.

    The refund counts as processed from now on, and the student is notified. Repeated: the same answer.
    """
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        refund, is_new = service.record_payout(conn, admin.id, refund_id, body, clock.now())
        if is_new:
            new = _audited(refund) | {"payout_reference": body.reference, "note": body.note}
            admin.record(conn, "refund.payout", "refund", refund.id, old={"status": "failed"}, new=new)
    hand_off(conn.enqueued)
    return RefundAnswer(refund=refund)


def _answer(refund: Refund, *, is_new: bool) -> Response[RefundAnswer]:
    answer = RefundAnswer(refund=refund)
    if not is_new:
        return Response(200, content_type="application/json", body=answer)
    logger.info("refund_requested", refund_id=str(refund.id))
    return created(answer)


def _audited(refund: Refund) -> dict[str, object]:
    return refund.model_dump(mode="json", by_alias=True, include=AUDITED_FIELDS)
