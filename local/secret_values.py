"""The values of the template's secrets, which an operator fills in on AWS."""

import json

from local.database import LOGINS, Database
from local.deploy import EMAIL_FROM, StackDeployment
from local.emulator import Emulator
from local.state import Settings


def put(emulator: Emulator, stack: StackDeployment, database: Database, settings: Settings) -> None:
    """Also verify the address that mails come from, as the operator does by the link in Amazon's mail."""
    values = {
        **{f"Database{level.capitalize()}Secret": database.login(level) for level in LOGINS},
        "RazorpaySecret": {
            "keyId": settings.razorpay_key_id,
            "keySecret": settings.razorpay_key_secret,
        },
        "RazorpayWebhookSecret": {"secret": settings.webhook_secret, "previousSecret": ""},
        "ServiceRoleSecret": {"key": settings.service_role_key},
    }
    client = emulator.client("secretsmanager")
    for logical_id, value in values.items():
        client.put_secret_value(SecretId=stack.physical[logical_id], SecretString=json.dumps(value))
    emulator.client("ses").verify_email_identity(EmailAddress=EMAIL_FROM)
