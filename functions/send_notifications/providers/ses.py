"""Email by Amazon SES."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
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
    whole = content(mail)
    if "Simple" in whole:
        optional["ReplyToAddresses"] = [mail.reply_to]
    with aws.translated(PERMANENT, BUSY):
        answer = _client().send_email(
            FromEmailAddress=formataddr(mail.sender),
            Destination={"ToAddresses": [mail.to]},
            Content=whole,
            EmailTags=[{"Name": "notification", "Value": str(mail.notification_id)}],
            **optional,
        )
        return answer["MessageId"]


def content(mail: Mail) -> Any:
    """What SES makes a MIME message of; one with a calendar part is made here, for SES knows only text and HTML."""
    if mail.calendar:
        return {"Raw": {"Data": mime(mail)}}
    simple: dict[str, Any] = {
        "Subject": _text(mail.subject),
        "Body": {"Text": _text(mail.text), "Html": _text(mail.html)},
    }
    if mail.headers:
        simple["Headers"] = [{"Name": name, "Value": value} for name, value in mail.headers.items()]
    return {"Simple": simple}


def mime(mail: Mail) -> bytes:
    """The whole message: text, HTML and calendar as alternatives (RFC 6047), the calendar's files attached."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["Reply-To"], message["To"] = formataddr(mail.sender), mail.reply_to, mail.to
    message["Subject"] = mail.subject
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    if mail.calendar:
        entry = mail.calendar.content.decode()
        message.add_alternative(entry, subtype="calendar", cte="base64", params={"method": mail.calendar.method})
    for file in mail.attachments:
        kind, _, subtype = file.content_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.file_name)
    return message.as_bytes()


def _text(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
