"""Every five minutes: students are reminded of their sessions a day and an hour before."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.session_reminders import service
from shared import clock, db
from shared.actors import SERVICE
from shared.invocations import invocation
from shared.log import logger
from shared.notifications.handoff import hand_off

TIME_TO_SPARE_MS = 10_000
"""One page, its hand-off and the answer."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    queued = service.remind(
        lambda: db.transaction(SERVICE),
        clock.now(),
        lambda: context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS,
        hand_off,
    )
    logger.info("session_reminders_queued", notifications=queued)
    return {"success": True, "queued": queued}
