"""Held payments: find those of another amount than was due, and accept one; `POST admin/refunds` returns one."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_sales.held_payments import service
from functions.admin_sales.held_payments.models import AcceptanceRequest, HeldPaymentList
from functions.admin_sales.registrations import service as registrations
from functions.admin_sales.registrations.models import RegistrationAnswer
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/held-payments"


@routes.get(PATH, summary="Payments that wait for a decision, the oldest first", tags=["Admin"])
def list_held_payments(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> HeldPaymentList:
    """Razorpay captured another amount than was due, so nothing was confirmed; the seat waits until the course ends.

    Accept such a payment here, or return it with `POST admin/refunds`.
    """
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_held(conn, cursor=cursor, limit=limit)


@routes.post(
    f"{PATH}/<payment_id>/accept",
    summary="Accept a held payment",
    tags=["Admin"],
    responses=answers(
        200,
        not_found=404,
        not_held=409,
        ambiguous_payment=409,
        currency_differs=409,
        payment_disputed=409,
        seat_gone=409,
    ),
)
def accept_held_payment(payment_id: Annotated[UUID, Path()], body: AcceptanceRequest) -> RegistrationAnswer:
    """The payment buys its seat although its amount is another one; it has a receipt and the event's refund policy."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        held = service.accept(conn, payment_id, clock.now())
        new = {"amount": held.amount, "currency": held.currency, "reason": body.reason.strip()}
        old = {"amount": held.due_amount, "currency": held.due_currency}
        admin.record(conn, "payment.accept", "payment", held.payment_id, old=old, new=new)
        answer = registrations.find_with_payments(conn, held.registration_id)
    hand_off(conn.enqueued)
    logger.info("held_payment_accepted", payment_id=held.razorpay_payment_id)
    return answer
