"""Every five minutes: free the seats whose payment never came."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.release_expired_holds import service
from shared import clock
from shared.log import logger
from shared.payments.gateway import gateway

TIME_TO_SPARE_MS = 30_000


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    counts = service.run(gateway(), clock.now(), lambda: context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS)
    logger.info("holds_settled", **counts)
    return {"success": True, **counts}
