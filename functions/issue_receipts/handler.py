"""Every 15 minutes: issue the receipts and credit notes that are due."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.issue_receipts import service
from shared import clock
from shared.invocations import invocation
from shared.log import logger

TIME_TO_SPARE_MS = 8_000
"""One page of documents, with the wait for the lock."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    issued = service.issue_all_due(clock.now(), lambda: context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS)
    logger.info("receipts_issued", issued=issued)
    return {"success": True, "issued": issued}
