"""/functions/v1/me: a person's own profile."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.personal_data.profile import queries
from functions.personal_data.profile.models import Profile, ProfileAnswer, ProfileChanges
from shared import auth, db
from shared.actors import service_for
from shared.errors import Forbidden
from shared.log import logger
from shared.profiles.consent_queries import record_consent
from shared.profiles.service import create_profile, follow_claims
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/me"
REFUSED = {"forbidden": 403, "account_erased": 403, "identity_provider_unavailable": 503}


@routes.get(PATH, summary="Show the caller's profile", tags=["Profile"], responses=answers(200, **REFUSED))
def show_profile() -> ProfileAnswer:
    """The address is the one that the identity provider has verified; it follows by the next token."""
    return ProfileAnswer(profile=_profile_of(auth.claims_of(routes.current_event.raw_event)))


@routes.patch(PATH, summary="Change the caller's profile", tags=["Profile"], responses=answers(200, **REFUSED))
def change_profile(body: ProfileChanges) -> ProfileAnswer:
    """The name, the language and the consent to marketing.

    A number is changed by `POST me/phone`, the address at the identity provider.
    """
    claims = auth.claims_of(routes.current_event.raw_event)
    user_id = auth.user_id_of(claims)
    _profile_of(claims)
    with db.transaction(service_for(user_id)) as conn:
        queries.update_profile(conn, user_id, name=body.name, language=body.language)
        if body.marketing_consent is not None:
            record_consent(conn, user_id, "profile", given=body.marketing_consent)
        profile = queries.find_profile(conn, user_id)
    if profile is None:
        raise Forbidden("This account was erased.", code="account_erased")
    logger.info("profile_changed", user_id=str(user_id), fields=sorted(body.model_dump(exclude_none=True)))
    return ProfileAnswer(profile=profile)


def _profile_of(claims: Mapping[str, Any]) -> Profile:
    """The caller's profile, written first where there is none or the token knows another address."""
    user_id = auth.user_id_of(claims)
    with db.transaction(service_for(user_id), read_only=True) as conn:
        profile = queries.find_profile(conn, user_id)
    if profile is not None and _is_current(profile, claims):
        return profile
    if profile is None:
        create_profile(user_id, claims)
    else:
        follow_claims(user_id, claims)
    with db.transaction(service_for(user_id), read_only=True) as conn:
        profile = queries.find_profile(conn, user_id)
    if profile is None:
        raise Forbidden("This account was erased.", code="account_erased")
    return profile


def _is_current(profile: Profile, claims: Mapping[str, Any]) -> bool:
    """The tokens of the stack's own pool say nothing of the address: its trigger does."""
    return not claims.get("email") or (profile.email_verified and profile.email == claims["email"])
