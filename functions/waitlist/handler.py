"""The waitlist of full events, under /functions/v1/waitlist."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.waitlist import service
from functions.waitlist.models import ClaimRequest, JoinRequest, WaitlistEntry, WaitlistEntryAnswer, WaitlistEntryList
from shared import auth, clock, db
from shared.actors import service_for, user
from shared.config import settings
from shared.invocations import invocation
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.payments.gateway import gateway
from shared.profiles.service import ProfileMissing, create_profile
from shared.refusals import answers
from shared.registrations import orders
from shared.registrations.models import RegistrationAnswer
from shared.routing import Router, created

app = Router()
PATH = "/functions/v1/waitlist"


@app.post(
    PATH,
    summary="Join the queue for a full course",
    tags=["Waitlist"],
    status_code=201,
    responses=answers(
        200,
        201,
        forbidden=403,
        account_erased=403,
        not_found=404,
        already_registered=409,
        sales_closed=409,
        seats_left=409,
        already_waiting=409,
        too_many_holds=429,
    ),
)
def join(body: JoinRequest) -> Response[WaitlistEntryAnswer]:
    """The next one is offered the next seat. Asked again, the same place is returned with 200."""
    claims = auth.claims_of(app.current_event.raw_event)
    user_id = auth.user_id_of(claims)
    try:
        entry, is_new = _join(user_id, body.event_id)
    except ProfileMissing:
        create_profile(user_id, claims)
        entry, is_new = _join(user_id, body.event_id)
    if is_new:
        logger.info("waitlist_joined", waitlist_id=str(entry.id))
        return created(WaitlistEntryAnswer(entry=entry))
    return Response(status_code=200, content_type="application/json", body=WaitlistEntryAnswer(entry=entry))


@app.get(PATH, summary="The caller's places, the newest first", tags=["Waitlist"])
def list_entries(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> WaitlistEntryList:
    """Ended ones, too; `status` says which still wait or have an offer."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return service.list_entries(conn, user_id, cursor=cursor, limit=limit)


@app.post(
    f"{PATH}/<entry_id>/claim",
    summary="Take the offered seat",
    tags=["Waitlist"],
    responses=answers(
        200,
        not_found=404,
        no_offer=409,
        offer_expired=409,
        already_registered=409,
        already_holding=409,
        sales_closed=409,
        unknown_referral_code=422,
        self_referral=422,
    ),
)
def claim(entry_id: Annotated[UUID, Path()], body: ClaimRequest | None = None) -> RegistrationAnswer:
    """The registration, and `order` is what to pay for it within the usual time. Asked again: the same one."""
    user_id = auth.caller(app.current_event.raw_event)
    hold = timedelta(minutes=settings().hold_minutes)
    with db.transaction(service_for(user_id)) as conn:
        registration = service.claim(
            conn, user_id, entry_id, body.referral_code if body else None, hold=hold, now=clock.now()
        )
    hand_off(conn.enqueued)
    logger.info("offer_claimed", waitlist_id=str(entry_id), registration_id=str(registration.id))
    return RegistrationAnswer(registration=registration, order=orders.try_open_order(gateway, registration, user_id))


@app.delete(
    f"{PATH}/<entry_id>",
    summary="Leave the queue",
    tags=["Waitlist"],
    responses=answers(200, not_found=404, already_claimed=409),
)
def leave(entry_id: Annotated[UUID, Path()]) -> WaitlistEntryAnswer:
    """An offered seat goes to the next one. Asked again: the same answer."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(service_for(user_id)) as conn:
        entry = service.leave(conn, user_id, entry_id, clock.now())
    hand_off(conn.enqueued)
    logger.info("waitlist_left", waitlist_id=str(entry_id))
    return WaitlistEntryAnswer(entry=entry)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


def _join(user_id: UUID, event_id: UUID) -> tuple[WaitlistEntry, bool]:
    with db.transaction(service_for(user_id)) as conn:
        joined = service.join(conn, user_id, event_id, clock.now())
    hand_off(conn.enqueued)
    return joined
