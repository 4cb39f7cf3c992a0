"""SMS by Amazon SNS, with the ids that India's DLT registration asks for."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.send_notifications.models import Sms
from functions.send_notifications.providers import aws
from shared.config import settings

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
PERMANENT = frozenset({"InvalidParameter", "InvalidParameterValue", "OptedOut", "ValidationException"})
BUSY = frozenset({"Throttled", "ThrottledException"})


@cache
def _client() -> "SNSClient":
    import boto3  # noqa: PLC0415

    return boto3.client("sns", config=aws.limits())


def send(sms: Sms) -> str:
    """Returns SNS's message id; raises DeliveryError."""
    extra = attributes(sms)
    with aws.translated(PERMANENT, BUSY):
        answer = _client().publish(PhoneNumber=sms.to, Message=sms.text, MessageAttributes=extra)
        return answer["MessageId"]


def attributes(sms: Sms) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/dg/channels-sms-senderid-india.html"""
    values = {
        "AWS.SNS.SMS.SMSType": "Promotional" if sms.promotional else "Transactional",
        "AWS.SNS.SMS.SenderID": settings().sms_sender_id,
        "AWS.MM.SMS.EntityId": settings().sms_entity_id,
        "AWS.MM.SMS.TemplateId": sms.template_id,
    }
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items() if value}
