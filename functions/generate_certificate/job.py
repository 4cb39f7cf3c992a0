"""Every hour: issue the certificates that are due, then sign the log's tree head once a day."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.generate_certificate import service
from shared import clock
from shared.certificates import heads
from shared.invocations import invocation
from shared.log import log_failure, logger

TIME_TO_SPARE_MS = 90_000
"""A page of certificates takes a few seconds, a page of the tree less; the rest is for a slow S3."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Raises an ExceptionGroup at the end when something could not be printed: the others do not wait for it."""

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > TIME_TO_SPARE_MS

    issued, unprinted = service.issue_due(clock.now(), has_time)
    head = heads.sign_once_a_day(clock.now(), has_time)
    logger.info("certificates_issued", issued=issued, unprinted=len(unprinted), signed=head.tree_size if head else None)
    for each in unprinted:
        log_failure(each.error)
    if unprinted:
        raise ExceptionGroup("certificates could not be printed", [each.error for each in unprinted])
    return {"success": True, "issued": issued, "signedTreeSize": head.tree_size if head else None}
