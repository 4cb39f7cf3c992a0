"""Cognito's PostConfirmation trigger: a confirmed user gets a profile row."""

from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import db
from shared.actors import service_for
from shared.invocations import invocation
from shared.log import logger
from shared.profiles import queries
from shared.profiles.models import PoolUser


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    attributes: dict[str, str] = event["request"]["userAttributes"]
    user_id = UUID(attributes["sub"])
    with db.transaction(service_for(user_id)) as conn:
        queries.upsert_profile(conn, user_id, PoolUser.model_validate(attributes))
    logger.info("profile_written", user_id=str(user_id))
    return event
