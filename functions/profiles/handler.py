"""Cognito's triggers: a confirmed user gets a profile row, and each new token brings it up to the verified address.

A token carries the group of administrators only with a second factor, where the stack says so.
"""

from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.profiles import service
from shared import db
from shared.actors import service_for
from shared.config import settings
from shared.errors import Forbidden, Unavailable
from shared.invocations import invocation
from shared.log import log_failure, logger
from shared.profiles import pool, queries
from shared.profiles.models import PoolUser


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """PostConfirmation, and PreTokenGeneration (V2_0) at sign-in and refresh.

    A confirmation fails while the database cannot answer, and Cognito repeats the trigger. A sign-in does not fail for
    that: the profile follows by the next token. An administrator's fails while the pool cannot say who has a second
    factor.
    """
    if event["triggerSource"].startswith("TokenGeneration_"):
        _decide_groups(event)
    attributes: dict[str, str] = event["request"]["userAttributes"]
    user_id = UUID(attributes["sub"])
    try:
        with db.transaction(service_for(user_id)) as conn:
            queries.upsert_profile(conn, user_id, PoolUser.model_validate(attributes))
    except (Unavailable, Forbidden) as error:  # an erased account has no profile to follow
        if not event["triggerSource"].startswith("TokenGeneration_"):
            raise
        log_failure(error)
        return event
    logger.info("profile_written", user_id=str(user_id), trigger=event["triggerSource"])
    return event


def _decide_groups(event: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html"""
    groups: list[str] = event["request"].get("groupConfiguration", {}).get("groupsToOverride") or []
    granted = service.granted_groups(
        groups,
        mfa_required=settings().require_admin_mfa,
        has_second_factor=lambda: pool.account_of(event["userName"], event["userPoolId"]).has_second_factor,
    )
    if granted != groups:
        override = {"groupsToOverride": granted}
        event["response"] = {"claimsAndScopeOverrideDetails": {"groupOverrideDetails": override}}
        logger.info("admin_group_withheld", user_id=event["request"]["userAttributes"]["sub"])
