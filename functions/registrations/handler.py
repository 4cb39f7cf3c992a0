"""Registrations and payments of the calling user, under /functions/v1/registrations and /functions/v1/payments."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.registrations import checkout, service
from functions.registrations.billing_routes import routes as billing
from functions.registrations.link_routes import routes as link_routes
from functions.registrations.models import (
    CancellationPreview,
    CancelRegistrationAnswer,
    CheckoutResult,
    PaymentList,
    RegistrationList,
    RegistrationRequest,
    VerifyPaymentAnswer,
)
from functions.registrations.receipt_routes import routes as receipts
from shared import auth, clock, db
from shared.actors import service_for, user
from shared.config import settings
from shared.devices import service as devices
from shared.invocations import invocation
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.payments.gateway import gateway
from shared.profiles.service import ProfileMissing, create_profile, follow_claims
from shared.refusals import answers
from shared.registrations import orders
from shared.registrations import service as registrations
from shared.registrations.models import Registration, RegistrationAnswer
from shared.routing import Router, created

app = Router()
app.include_router(billing)
app.include_router(receipts)
app.include_router(link_routes)
PATH = "/functions/v1/registrations"


@app.post(
    PATH,
    summary="Register for a course",
    tags=["Registrations"],
    status_code=201,
    responses=answers(
        201,
        forbidden=403,
        account_erased=403,
        not_found=404,
        already_registered=409,
        already_holding=409,
        sales_closed=409,
        event_full=409,
        too_many_holds=429,
        unknown_referral_code=422,
        self_referral=422,
    ),
)
def register(body: RegistrationRequest) -> Response[RegistrationAnswer]:
    """A free course is confirmed at once; for a paid one the seat is held and `order` is what to pay.

    A referral credit pays first; if it pays everything, the seat is confirmed at once too. It comes back when the seat
    is given up before the payment, or with the refund.
    When Razorpay cannot answer now the seat is held all the same and `order` is null:
    ask `POST registrations/{id}/payment` for it.
    """
    claims = auth.claims_of(app.current_event.raw_event)
    user_id = auth.user_id_of(claims)
    follow_claims(user_id, claims)
    try:
        registration = _register(user_id, body)
    except ProfileMissing:
        create_profile(user_id, claims)
        registration = _register(user_id, body)
    logger.info("registered", registration_id=str(registration.id), status=registration.status)
    order = orders.try_open_order(gateway, registration, user_id)
    return created(RegistrationAnswer(registration=registration, order=order))


@app.get(PATH, summary="The caller's registrations, the newest first", tags=["Registrations"])
def list_registrations(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> RegistrationList:
    """Those that were cancelled or have expired, too."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return service.list_registrations(conn, user_id, cursor=cursor, limit=limit)


@app.get(
    f"{PATH}/<registration_id>",
    summary="One of the caller's registrations",
    tags=["Registrations"],
    responses=answers(200, not_found=404),
)
def get_registration(registration_id: Annotated[UUID, Path()]) -> RegistrationAnswer:
    """Poll it after a payment until `status` is `confirmed`, or call `verify-payment`."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return RegistrationAnswer(registration=registrations.find_registration(conn, registration_id, user_id))


@app.post(
    f"{PATH}/<registration_id>/payment",
    summary="What to pay a held seat with",
    tags=["Payments"],
    responses=answers(200, not_found=404, nothing_to_pay=409, payment_held=409, payment_provider_unavailable=503),
)
def open_payment(registration_id: Annotated[UUID, Path()]) -> RegistrationAnswer:
    """The open order, or a new one."""
    user_id = auth.caller(app.current_event.raw_event)
    _note_device("payment_opened", user_id, registration_id)
    registration, order = orders.open_order(gateway(), registration_id, user_id)
    return RegistrationAnswer(registration=registration, order=order)


@app.post(
    f"{PATH}/<registration_id>/verify-payment",
    summary="Confirm a payment at once",
    tags=["Payments"],
    responses=answers(
        200,
        not_found=404,
        payment_held=409,
        payment_not_captured=409,
        invalid_signature=422,
        order_mismatch=422,
        unknown_payment=422,
        payment_provider_unavailable=503,
    ),
)
def verify_payment(registration_id: Annotated[UUID, Path()], body: CheckoutResult) -> VerifyPaymentAnswer:
    """What Razorpay Checkout handed to the page; the webhook would come to the same a little later."""
    user_id = auth.caller(app.current_event.raw_event)
    _note_device("payment_verified", user_id, registration_id)
    return checkout.verify(gateway(), registration_id, user_id, body)


@app.post(
    f"{PATH}/<registration_id>/cancel",
    summary="Give up a seat",
    tags=["Registrations"],
    responses=answers(200, not_found=404, already_started=409, nothing_to_cancel=409),
)
def cancel(registration_id: Annotated[UUID, Path()]) -> CancelRegistrationAnswer:
    """Refunds what the event's policy gives back. Again for a cancelled registration: the same answer."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(service_for(user_id)) as conn:
        answer = service.cancel(conn, user_id, registration_id, clock.now())
    hand_off(conn.enqueued)
    logger.info("registration_cancelled", registration_id=str(registration_id))
    return answer


@app.get(
    f"{PATH}/<registration_id>/cancellation",
    summary="What giving up a seat would refund",
    tags=["Registrations"],
    responses=answers(200, not_found=404, already_started=409, nothing_to_cancel=409),
)
def preview_cancellation(registration_id: Annotated[UUID, Path()]) -> CancellationPreview:
    """Show it before `cancel` is called. Nothing changes."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(service_for(user_id), read_only=True) as conn:
        return service.preview_cancellation(conn, user_id, registration_id, clock.now())


@app.get("/functions/v1/payments", summary="The caller's payments, the newest first", tags=["Payments"])
def list_payments(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> PaymentList:
    """One entry for each order, paid or not."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return service.list_payments(conn, user_id, cursor=cursor, limit=limit)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


def _register(user_id: UUID, body: RegistrationRequest) -> Registration:
    hold = timedelta(minutes=settings().hold_minutes)
    device, now = devices.device_of(app.current_event.raw_event), clock.now()
    with db.transaction(service_for(user_id)) as conn:
        registration = service.register(conn, user_id, body.event_id, body.referral_code, hold=hold, now=now)
        devices.record(conn, device, "registered", user_id, registration.id, now)
    hand_off(conn.enqueued)
    return registration


def _note_device(action: devices.Action, user_id: UUID, registration_id: UUID) -> None:
    device = devices.device_of(app.current_event.raw_event)
    with db.transaction(service_for(user_id)) as conn:
        devices.record(conn, device, action, user_id, registration_id, clock.now())
