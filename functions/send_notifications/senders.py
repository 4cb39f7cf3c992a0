"""The provider of each way, as configured."""

from functions.send_notifications import messages
from functions.send_notifications.models import ClaimedNotification
from functions.send_notifications.providers import sendgrid, ses, sns, twilio
from functions.send_notifications.service import Send
from shared.config import settings
from shared.notifications.rendering import Message


def send_mail(claimed: ClaimedNotification, message: Message) -> str:
    send = {"ses": ses.send, "sendgrid": sendgrid.send}[settings().email_provider]
    return send(messages.mail(claimed, message))


def send_sms(claimed: ClaimedNotification, message: Message) -> str:
    send = {"sns": sns.send, "twilio": twilio.send}[settings().sms_provider]
    return send(messages.sms(claimed, message))


SENDERS: dict[str, Send] = {"email": send_mail, "sms": send_sms}
