"""The values of the template's secrets, which an operator fills in on AWS."""

import json

from local.database import Database
from local.deploy import EMAIL_FROM, StackDeployment
from local.emulator import Emulator
from local.state import Settings


def put(emulator: Emulator, stack: StackDeployment, database: Database, settings: Settings) -> None:
    """Also verify the address that mails come from, as the operator does by the link in Amazon's mail."""
    values = {
        "DatabaseAppSecret": database.app_login,
        "DatabaseWorkerSecret": database.worker_login,
        "RazorpaySecret": {
            "keyId": settings.razorpay_key_id,
            "keySecret": settings.razorpay_key_secret,
            "webhookSecret": settings.webhook_secret,
            "previousWebhookSecret": "",
        },
        "ServiceRoleSecret": {"key": settings.service_role_key},
    }
    client = emulator.client("secretsmanager")
    for logical_id, value in values.items():
        client.put_secret_value(SecretId=stack.physical[logical_id], SecretString=json.dumps(value))
    emulator.client("ses").verify_email_identity(EmailAddress=EMAIL_FROM)
