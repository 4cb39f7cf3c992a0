"""Email by Amazon SES."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.send_notifications.models import Mail
from functions.send_notifications.providers import aws
from shared.config import settings

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors
PERMANENT = frozenset({"MessageRejected", "BadRequestException", "InvalidParameterValue"})
BUSY = frozenset({"TooManyRequestsException", "LimitExceededException", "SendingPausedException"})


@cache
def _client() -> "SESV2Client":
    import boto3  # noqa: PLC0415

    return boto3.client("sesv2", config=aws.limits())


def send(mail: Mail) -> str:
    """Returns SES's message id; raises DeliveryError."""
    optional: dict[str, Any] = {}
    if settings().ses_configuration_set:
        optional["ConfigurationSetName"] = settings().ses_configuration_set
    simple = content(mail)
    with aws.translated(PERMANENT, BUSY):
        answer = _client().send_email(
            FromEmailAddress=settings().email_from,
            Destination={"ToAddresses": [mail.to]},
            Content={"Simple": simple},
            EmailTags=[{"Name": "notification", "Value": str(mail.notification_id)}],
            **optional,
        )
        return answer["MessageId"]


def content(mail: Mail) -> Any:
    """What SES makes a MIME message of. It would send an attachment as 7 bits, which titles in Hindi are not."""
    simple: dict[str, Any] = {
        "Subject": _text(mail.subject),
        "Body": {"Text": _text(mail.text), "Html": _text(mail.html)},
    }
    if mail.headers:
        simple["Headers"] = [{"Name": name, "Value": value} for name, value in mail.headers.items()]
    if mail.attachments:
        simple["Attachments"] = [
            {
                "FileName": each.file_name,
                "ContentType": each.content_type,
                "ContentTransferEncoding": "BASE64",
                "RawContent": each.content,
            }
            for each in mail.attachments
        ]
    return simple


def _text(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
