"""Cognito's triggers: a confirmed user gets a profile row, and each new token brings it up to the verified address."""

from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import db
from shared.actors import service_for
from shared.errors import Unavailable
from shared.invocations import invocation
from shared.log import log_failure, logger
from shared.profiles import queries
from shared.profiles.models import PoolUser


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """PostConfirmation, and PreTokenGeneration at sign-in and refresh; the tokens stay as they are.

    A confirmation fails while the database cannot answer, and Cognito repeats the trigger. A sign-in does not fail for
    that: the profile follows by the next token.
    """
    attributes: dict[str, str] = event["request"]["userAttributes"]
    user_id = UUID(attributes["sub"])
    try:
        with db.transaction(service_for(user_id)) as conn:
            queries.upsert_profile(conn, user_id, PoolUser.model_validate(attributes))
    except Unavailable as error:
        if not event["triggerSource"].startswith("TokenGeneration_"):
            raise
        log_failure(error)
        return event
    logger.info("profile_written", user_id=str(user_id), trigger=event["triggerSource"])
    return event
