"""Email by SendGrid, v3 API: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send"""

import base64
import json

from functions.send_notifications.models import Mail
from functions.send_notifications.providers import https
from shared.config import settings
from shared.secret_store import secret

PERMANENT = frozenset({400, 413})


def send(mail: Mail) -> str:
    """Returns SendGrid's message id; raises DeliveryError."""
    answer = https.post(
        f"{settings().sendgrid_base_url}/v3/mail/send",
        json.dumps(body(mail)).encode(),
        {
            "Authorization": f"Bearer {secret(settings().provider_secret_id)['sendgridApiKey']}",
            "Content-Type": "application/json",
        },
    )
    https.raise_for(answer, PERMANENT)
    return answer.headers.get("x-message-id", "")


def body(mail: Mail) -> dict[str, object]:
    files = [
        {
            "filename": each.file_name,
            "type": each.content_type.partition(";")[0],  # SendGrid refuses parameters
            "content": base64.b64encode(each.content).decode(),
        }
        for each in mail.attachments
    ]
    alternatives = [("text/plain", mail.text), ("text/html", mail.html)]
    if mail.calendar:  # the METHOD is in the content
        alternatives.append(("text/calendar", mail.calendar.content.decode()))
    return {
        "personalizations": [{"to": [{"email": mail.to}]}],
        "from": {"email": mail.sender[1], "name": mail.sender[0]},
        "reply_to": {"email": mail.reply_to},
        "subject": mail.subject,
        "content": [{"type": kind, "value": value} for kind, value in alternatives],
        "headers": mail.headers,
        **({"attachments": files} if files else {}),
        "custom_args": {"notification": str(mail.notification_id)},
        # Tracking would rewrite the links, the unsubscription's among them.
        "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
    }
