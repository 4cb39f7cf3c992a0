"""Every five minutes: send the recorded refunds to Razorpay."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.process_refunds import service
from shared.invocations import invocation
from shared.log import logger
from shared.payments.gateway import gateway

TIME_TO_SPARE_MS = 30_000
"""One call to Razorpay and two transactions, each at its time limit, for a claim of ten."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    counts = service.send_due_refunds(gateway(), lambda: context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS)
    logger.info("refunds_processed", **counts)
    return {"success": True, **counts}
