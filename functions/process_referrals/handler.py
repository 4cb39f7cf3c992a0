"""process-referrals: over HTTP and every 15 minutes, complete what was paid and reward who earned it."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.process_referrals import service
from functions.process_referrals.models import Answer
from shared import auth, clock
from shared.config import settings
from shared.http import Router
from shared.invocations import invocation
from shared.log import logger

TIME_TO_SPARE_MS = 15_000
"""Three transactions at their time limits."""
HTTP_SECONDS = 12
"""API Gateway hangs up after 30."""

app = Router()


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if "requestContext" in event:
        return app.serve(event, context)
    return run(lambda: context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS).model_dump(mode="json")


@app.post("/functions/v1/process-referrals", summary="Complete and reward referrals", tags=["Jobs"])
def process_referrals() -> Answer:
    """As the schedule does; a backlog is worked off by calling it again."""
    auth.require_service(app.current_event.raw_event)
    end = time.monotonic() + HTTP_SECONDS
    return run(lambda: time.monotonic() < end)


def run(has_time: Callable[[], bool]) -> Answer:
    answer = service.run(clock.now(), timedelta(days=settings().referral_cooling_days), has_time)
    logger.info("referrals_processed", completed=answer.processed_referrals, rewarded=answer.rewards_granted)
    return answer
