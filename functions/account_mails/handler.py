"""Cognito's custom message trigger: what the user pool's mails say."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.account_mails import service
from functions.account_mails.models import MessageRequest
from shared.invocations import invocation
from shared.log import logger


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The event with subject and HTML of the mail; an event of an unknown kind stays as it is."""
    request = MessageRequest.model_validate({**event["request"], "triggerSource": event["triggerSource"]})
    mail = service.mail(request)
    if mail:
        event["response"] |= {"emailSubject": mail.subject, "emailMessage": mail.html}
    logger.info("account_mail_written", trigger=event["triggerSource"], language=request.language or "both")
    return event
