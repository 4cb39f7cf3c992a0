"""SMS by Twilio: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource"""

import json
from urllib.parse import quote, urlencode

from functions.send_notifications.models import ProviderRefused, Sms
from functions.send_notifications.providers import https
from shared.config import settings
from shared.secret_store import secret

# Numbers that can never be reached or have opted out: https://www.twilio.com/docs/api/errors
PERMANENT_CODES = frozenset({21211, 21212, 21214, 21217, 21265, 21408, 21610, 21612, 21614, 21617})


def send(sms: Sms) -> str:
    """Returns Twilio's message sid; raises DeliveryError. DLT ids are set at Twilio, by sender and text."""
    account = secret(settings().provider_secret_id)
    answer = https.post(
        f"{settings().twilio_base_url}/2010-04-01/Accounts/{quote(account['twilioAccountSid'])}/Messages.json",
        urlencode({"To": sms.to, "From": settings().twilio_from, "Body": sms.text}).encode(),
        {
            "Authorization": https.basic(account["twilioAccountSid"], account["twilioAuthToken"]),
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    code = _field(answer, "code")
    if answer.status >= 400 and code in PERMANENT_CODES:
        raise ProviderRefused(f"twilio {code}")
    https.raise_for(answer, frozenset(), f"twilio {code}" if code else "")
    return str(_field(answer, "sid") or "")


def _field(answer: https.ProviderResponse, name: str) -> str | int | None:
    try:
        return json.loads(answer.body)[name]
    except (ValueError, KeyError, TypeError):
        return None
