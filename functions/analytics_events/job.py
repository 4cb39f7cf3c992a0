"""Every day: the coming months of analytics are made, and those past their retention are dropped."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.analytics_events import queries
from shared import db
from shared.actors import SERVICE
from shared.config import settings
from shared.invocations import invocation
from shared.log import logger

MONTHS_AHEAD = 3
"""A quarter of failing runs is noticed; rows of a month that is missing all the same are kept by the default one."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Raises Unavailable when a lock was not free within a second: a later run does it."""
    with db.transaction(SERVICE) as conn:
        made = queries.make_months(conn, MONTHS_AHEAD)
    with db.transaction(SERVICE) as conn:
        dropped = queries.drop_months(conn, settings().analytics_retention_months)
    with db.transaction(SERVICE) as conn:
        queries.forget_quotas(conn)
    logger.info("analytics_months_kept", made=made, dropped=dropped)
    return {"success": True, "made": made, "dropped": dropped}
