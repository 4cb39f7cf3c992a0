"""Registrations: find, grant, confirm without payment, cancel with or without a refund."""

from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_sales.registrations import service
from functions.admin_sales.registrations.models import (
    CancelRegistrationRequest,
    ConfirmRegistrationRequest,
    PaymentStatus,
    RegistrationAnswer,
    RegistrationFilters,
    RegistrationList,
    RegistrationStatus,
    SeatGrantRequest,
)
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers, json_or_csv
from shared.routing import created
from shared.spreadsheets import csv_response

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/registrations"
AUDITED_FIELDS = {"status", "payment_status", "amount", "source"}
"""Fields of a registration that the audit log records before and after a change."""


@routes.get(
    PATH,
    summary="Registrations of everybody, the newest first",
    tags=["Admin"],
    responses=json_or_csv(RegistrationList),
)
def list_registrations(
    event_id: Annotated[UUID | None, Query(alias="eventId")] = None,
    user_id: Annotated[UUID | None, Query(alias="userId")] = None,
    email: Annotated[
        str | None,
        Query(max_length=320, description="Finds a mailbox however it is spelled (case, +tags, dots of Gmail)."),
    ] = None,
    status: Annotated[RegistrationStatus | None, Query(description="Only registrations in this state.")] = None,
    payment_status: Annotated[
        PaymentStatus | None, Query(alias="paymentStatus", description="Only this state of the payment.")
    ] = None,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response[RegistrationList | str]:
    """`email` finds a mailbox however it is spelled (small letters, +tags, Gmail's dots)."""
    which = RegistrationFilters(
        event_id=event_id, user_id=user_id, email=email, status=status, payment_status=payment_status
    )
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        if format == "csv":
            return csv_response("registrations", service.registrations_csv(conn, which))
        found = service.list_registrations(conn, which, cursor=cursor, limit=limit)
    return Response(200, content_type="application/json", body=found)


@routes.get(
    f"{PATH}/<registration_id>",
    summary="One registration with its payments and refunds",
    tags=["Admin"],
    responses=answers(200, not_found=404),
)
def get_registration(registration_id: Annotated[UUID, Path()]) -> RegistrationAnswer:
    """One `payments` entry for each order."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.find_with_payments(conn, registration_id)


@routes.post(
    PATH,
    summary="Grant a free seat",
    tags=["Admin"],
    status_code=201,
    responses=answers(201, not_found=404, already_registered=409, event_full=409, event_over=409, ambiguous_email=409),
)
def grant_seat(body: SeatGrantRequest) -> Response[RegistrationAnswer]:
    """Also possible after the sales have ended, but never beyond the capacity."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        registration_id = service.grant_seat(conn, body, clock.now())
        answer = service.find_with_payments(conn, registration_id)
        new = answer.registration.model_dump(
            mode="json", by_alias=False, include=AUDITED_FIELDS | {"user_id", "event_id"}
        )
        admin.record(
            conn, "registration.grant", "registration", registration_id, new={**new, "reason": body.reason.strip()}
        )
    hand_off(conn.enqueued)
    logger.info("seat_granted", registration_id=str(registration_id))
    return created(answer)


@routes.post(
    f"{PATH}/<registration_id>/confirm",
    summary="Confirm a held seat without payment",
    tags=["Admin"],
    responses=answers(200, not_found=404, not_held=409, event_over=409, payment_held=409),
)
def confirm_registration(
    registration_id: Annotated[UUID, Path()], body: ConfirmRegistrationRequest
) -> RegistrationAnswer:
    """For a student who paid in another way or need not pay. A payment that still arrives is refunded.

    A payment of another amount that is held for this seat is accepted or refunded first (`payment_held`).
    """
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        old = service.confirm_registration(conn, registration_id, clock.now())
        answer = service.find_with_payments(conn, registration_id)
        before, after = (each.model_dump(by_alias=False, include=AUDITED_FIELDS) for each in (old, answer.registration))
        new = {**after, "reason": body.reason.strip()}
        admin.record(conn, "registration.confirm", "registration", registration_id, old=before, new=new)
    hand_off(conn.enqueued)
    logger.info("registration_confirmed", registration_id=str(registration_id))
    return answer


@routes.post(
    f"{PATH}/<registration_id>/cancel",
    summary="Cancel a registration",
    tags=["Admin"],
    responses=answers(200, not_found=404, nothing_to_cancel=409),
)
def cancel_registration(
    registration_id: Annotated[UUID, Path()], body: CancelRegistrationRequest
) -> RegistrationAnswer:
    """Possible at any time. The student is notified of the reason, and the seat is offered to the waitlist."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        old = service.cancel_registration(conn, registration_id, body, clock.now())
        answer = service.find_with_payments(conn, registration_id)
        before, after = (each.model_dump(by_alias=False, include=AUDITED_FIELDS) for each in (old, answer.registration))
        new = {**after, "refund": body.refund, "reason": body.reason.strip()}
        admin.record(conn, "registration.cancel", "registration", registration_id, old=before, new=new)
    hand_off(conn.enqueued)
    logger.info("registration_cancelled", registration_id=str(registration_id))
    return answer
