"""/functions/v1/me/phone: a number counts once its owner has sent back the code."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.personal_data.phone import service
from functions.personal_data.phone.models import CodeRequest, CodeSent, PhoneRequest, PhoneVerified
from functions.personal_data.profile.queries import find_profile
from shared import auth, clock, db
from shared.actors import service_for
from shared.errors import Conflict, Invalid
from shared.log import logger
from shared.notifications.handoff import hand_off
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/me/phone"


@routes.post(
    PATH,
    summary="Send a code to a new phone number",
    tags=["Profile"],
    responses=answers(200, profile_missing=409, country_not_served=422, too_many_codes=429),
)
def send_code(body: PhoneRequest) -> CodeSent:
    """The number of before stays until the code was sent back. The code works for 10 minutes.

    Three codes an hour and ten a day, to a person and to a number.
    """
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(service_for(user_id)) as conn:
        sent = service.send_code(conn, user_id, body.phone, clock.now())
    hand_off(conn.enqueued)
    logger.info("phone_code_queued", user_id=str(user_id))
    return sent


@routes.post(
    f"{PATH}/verify",
    summary="Verify a phone number by its code",
    tags=["Profile"],
    responses=answers(200, code_expired=409, wrong_code=422),
)
def verify_phone(body: CodeRequest) -> PhoneVerified:
    """Five tries; then, and after 10 minutes, ask for a new code."""
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(service_for(user_id)) as conn:
        tries_left = service.try_code(conn, user_id, body.code, clock.now())
        profile = find_profile(conn, user_id)
    logger.info("phone_code_tried", user_id=str(user_id), verified=tries_left is None)
    if tries_left is not None:
        raise Invalid(f"This is not the code; {tries_left} more tries.", code="wrong_code")
    if profile is None:
        raise Conflict("There is no account any more.", code="code_expired")
    return PhoneVerified(profile=profile)
