"""Brings the schema up to date while a stack is deployed, before any function gets its new code."""

from typing import Any

import psycopg
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.migrate_database import cloudformation, service
from shared.config import settings
from shared.invocations import invocation
from shared.log import logger
from shared.secret_store import secret


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """CloudFormation's custom resource; whatever else invokes this function gets the ids of what was applied.

    Raises what stopped a migration: the deployment ends there, and the functions keep the code they have.
    """
    if event.get("RequestType") == "Delete":
        cloudformation.answer(event, "SUCCESS", "the schema stays")
        return {"applied": []}
    try:
        applied = _migrate()
    except BaseException as error:
        if isinstance(error, psycopg.ProgrammingError):  # it names what is in the schema, and quotes no row
            logger.error("migration_refused", reason=error.diag.message_primary)
        if "ResponseURL" in event:
            cloudformation.answer(event, "FAILED", f"{type(error).__name__}; see the log of {context.function_name}")
        raise
    logger.info("database_migrated", applied=applied)
    if "ResponseURL" in event:
        cloudformation.answer(event, "SUCCESS", f"{len(applied)} migrations applied")
    return {"applied": applied}


def _migrate() -> list[str]:
    chosen = settings()
    logins = (
        chosen.public_database_secret_id,
        chosen.user_database_secret_id,
        chosen.admin_database_secret_id,
        chosen.worker_database_secret_id,
    )
    return service.bring_up_to_date(secret(chosen.database_secret_id), chosen.database_address, map(secret, logins))
