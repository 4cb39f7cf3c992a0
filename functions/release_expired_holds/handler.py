"""Every five minutes: release expired holds and offers, offer free seats, and empty cancelled events."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.release_expired_holds import service, waitlists
from shared import clock
from shared.invocations import invocation
from shared.log import logger
from shared.payments.gateway import gateway

TIME_TO_SPARE_MS = 30_000
"""One call to Razorpay and two transactions, each at its time limit, with a margin."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    now = clock.now()

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS

    # Razorpay comes last, so that its outage does not delay the offers.
    emptied = service.empty_cancelled_events(now, has_time)
    moved = waitlists.advance_waitlists(now, has_time)
    logger.info("waitlists_moved", emptied=emptied, counts=moved)
    service.measure_held_payments(now)
    counts = service.release_expired_holds(gateway(), now, has_time)
    logger.info("holds_settled", counts=dict(counts))
    return {"success": True, **counts, **moved, "emptied": emptied}
