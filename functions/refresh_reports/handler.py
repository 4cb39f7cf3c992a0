"""Every five minutes: add what happened to the sums that reports are read from."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.refresh_reports import service
from shared import clock
from shared.invocations import invocation
from shared.log import logger

TIME_TO_SPARE_MS = 10_000
"""A page takes a second at most."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS

    folded = service.fold_changes(has_time)
    counted = service.count_visits(clock.now(), has_time)
    logger.info("reports_refreshed", folded=folded, counted=counted)
    return {"success": True, "folded": folded, "counted": counted}
