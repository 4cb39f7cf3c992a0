"""Daily at midnight, and safe at any time: courses begin and end by their own dates, forgotten stays are closed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.update_event_status import queries
from shared import clock, db
from shared.actors import SERVICE
from shared.invocations import invocation
from shared.log import logger


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    now = clock.now()
    counts = {"begun": 0, "completed": 0, "attendanceClosed": 0}
    with db.transaction(SERVICE) as conn:
        if queries.take_turn(conn):
            counts = {
                "begun": queries.begin_events(conn, now),
                "completed": queries.complete_events(conn, queries.lock_ending(conn, now), now),
                "attendanceClosed": queries.close_forgotten_attendance(conn, now),
            }
    logger.info("event_status_updated", counts=counts)
    return {"success": True, **counts}
