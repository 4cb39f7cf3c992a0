"""A user's own referral code, whom it brought, and what that earned."""

from urllib.parse import urlencode

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.account.referrals import queries
from functions.account.referrals.models import ReferralsAnswer
from shared import auth, clock, db
from shared.actors import user
from shared.config import settings
from shared.errors import Conflict
from shared.refusals import answers

routes = APIGatewayHttpRouter()
REWARDS = 100


@routes.get(
    "/functions/v1/referrals",
    summary="The caller's referral code, counts and rewards",
    tags=["Referrals"],
    responses=answers(200, profile_missing=409),
)
def show_referrals() -> ReferralsAnswer:
    """The code is given to friends; rewards come by themselves once enough of them have paid."""
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        code = queries.find_code(conn, user_id)
        if code is None:
            raise Conflict("Confirm the sign-up or register for a course first.", code="profile_missing")
        counts = queries.count_referrals(conn, user_id)
        credits = queries.list_credits(conn, user_id)
        rewards = queries.list_rewards(conn, user_id, clock.now(), REWARDS)
    return ReferralsAnswer(code=code, share_url=_share_url(code), counts=counts, credits=credits, rewards=rewards)


def _share_url(code: str) -> str:
    """A page of the client where it is known, with the code for it to pass on at registration."""
    base = settings().app_base_url or settings().public_base_url
    return f"{base}/?{urlencode({'ref': code})}"
