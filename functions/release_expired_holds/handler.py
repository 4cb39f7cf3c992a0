"""Every five minutes: free what nobody paid for or claimed, offer it on, and empty cancelled events."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.release_expired_holds import cancelled_events, offers, service
from shared import clock
from shared.invocations import invocation
from shared.log import logger
from shared.payments.gateway import gateway

TIME_TO_SPARE_MS = 30_000
"""One call to Razorpay and two transactions, each at its time limit, with room."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    now = clock.now()

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS

    # Razorpay last: its being down keeps nobody from an offered seat.
    emptied = cancelled_events.run(now, has_time)
    moved = offers.run(now, has_time)
    logger.info("waitlists_moved", emptied=emptied, counts=moved)
    counts = service.run(gateway(), now, has_time)
    logger.info("holds_settled", counts=dict(counts))
    return {"success": True, **counts, **moved, "emptied": emptied}
