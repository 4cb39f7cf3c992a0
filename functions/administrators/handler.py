"""Makes a user an administrator; only an operator invokes it (`make admin EMAIL=...`)."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.administrators import queries
from functions.administrators.models import AppointmentRequest
from shared import db
from shared.actors import service_for
from shared.invocations import invocation
from shared.log import logger
from shared.profiles import pool
from shared.profiles import queries as profiles
from shared.profiles.models import PoolUser


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`{userId, secondFactor}`; safe to repeat. Fails by "UserNotFoundException" for an unknown address.

    The database first: the group alone opens nothing, and the next token carries it.
    """
    email = AppointmentRequest.model_validate(event).email
    account = pool.account_of(email)
    with db.transaction(service_for(account.user_id)) as conn:
        profiles.upsert_profile(conn, account.user_id, PoolUser.model_validate(account.attributes))
        queries.insert_admin(conn, account.user_id)
    pool.add_to_group(email, "admin")
    logger.info("administrator_appointed", user_id=str(account.user_id))
    return {"userId": str(account.user_id), "secondFactor": account.has_second_factor}
