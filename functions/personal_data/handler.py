"""/functions/v1/me: a person's profile, the export of what is kept about them, and its erasure.

Each hour it finishes erasures, forgets old devices and takes personal data out of old webhook deliveries.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.personal_data import erasure, export
from functions.personal_data.models import ErasureAnswer, ErasureRequest, PersonalDataExport
from functions.personal_data.phone.routes import routes as phone
from functions.personal_data.profile.routes import routes as profile
from shared import auth, clock, db
from shared.actors import service_for
from shared.config import settings
from shared.invocations import invocation
from shared.log import logger
from shared.refusals import answers
from shared.routing import Router

app = Router()
app.include_router(profile)
app.include_router(phone)
PATH = "/functions/v1/me"


@app.get(f"{PATH}/export", summary="Everything the platform keeps about the caller", tags=["Personal data"])
def export_everything() -> PersonalDataExport:
    """Rows as they are kept, table by table; `truncated` names those of which only the newest are here."""
    user_id = auth.caller(app.current_event.raw_event)
    with db.transaction(service_for(user_id), read_only=True) as conn:
        answer = export.everything_about(conn, user_id, clock.now())
    logger.info("personal_data_exported", user_id=str(user_id))
    return answer


@app.post(
    f"{PATH}/erase",
    summary="Erase the caller's account",
    tags=["Personal data"],
    responses=answers(200, profile_missing=409, administrator=409, paid_seat_ahead=409, confirmation_mismatch=422),
)
def erase_account(body: ErasureRequest) -> ErasureAnswer:
    """For good: name, addresses and traces go, free seats ahead and places in queues are given up.

    What was paid, refunded and certified stays, as the law asks, and certificates go on to verify. Refused while a paid
    seat lies ahead: cancel it first, its refund follows the course's policy. Asked again it changes nothing.
    """
    claims = auth.claims_of(app.current_event.raw_event)
    user_id = auth.user_id_of(claims)
    answer = erasure.erase(user_id, body.email, str(claims.get("username", user_id)), clock.now())
    logger.info("account_erased", user_id=str(user_id), login=answer.login)
    return answer


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if "requestContext" in event:
        return app.serve(event, context)

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > erasure.TIME_TO_SPARE_MS

    left = erasure.finish_all(has_time)
    forgotten = erasure.forget_devices(clock.now(), settings().device_retention_days)
    ended = erasure.end_deliveries(clock.now(), settings().webhook_retention_days, has_time)
    logger.info("personal_data_swept", logins_left=left, devices_forgotten=forgotten, deliveries_ended=ended)
    return {"success": True, "loginsLeft": left, "devicesForgotten": forgotten, "deliveriesEnded": ended}
