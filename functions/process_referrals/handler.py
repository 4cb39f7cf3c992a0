"""process-referrals: completes paid referrals and grants rewards, every 15 minutes and over HTTP."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.process_referrals import service
from functions.process_referrals.models import ProcessReferralsAnswer
from shared import auth, clock
from shared.config import settings
from shared.invocations import invocation
from shared.log import logger
from shared.routing import Router

TIME_TO_SPARE_MS = 15_000
"""Three transactions at their time limits."""
HTTP_SECONDS = 12
"""API Gateway's limit is 30 s."""

app = Router(authorize=auth.require_service)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if "requestContext" in event:
        return app.serve(event, context)
    return run(lambda: context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS).model_dump(mode="json")


@app.post("/functions/v1/process-referrals", summary="Complete and reward referrals", tags=["Jobs"])
def process_referrals() -> ProcessReferralsAnswer:
    """Does what the schedule does. Call it again while there is a backlog."""
    auth.require_service(app.current_event.raw_event)
    end = time.monotonic() + HTTP_SECONDS
    return run(lambda: time.monotonic() < end)


def run(has_time: Callable[[], bool]) -> ProcessReferralsAnswer:
    answer = service.run(clock.now(), timedelta(days=settings().referral_cooling_days), has_time)
    logger.info("referrals_processed", completed=answer.processed_referrals, rewarded=answer.rewards_granted)
    return answer
