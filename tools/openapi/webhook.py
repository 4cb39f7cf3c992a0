"""What has no router to ask: Razorpay's deliveries."""

from typing import Any

from tools.openapi import PREFIX

SCHEMAS: dict[str, Any] = {
    "WebhookAnswer": {
        "type": "object",
        "required": ["status", "eventId"],
        "additionalProperties": False,
        "properties": {
            "status": {
                "enum": ["processed", "duplicate", "ignored"],
                "type": "string",
                "description": "`duplicate` was stored before, `ignored` concerns nothing of the platform",
            },
            "eventId": {"type": "string", "description": "Razorpay's event id, or the SHA-256 of the body"},
        },
    }
}
PATHS: dict[str, Any] = {
    "/functions/v1/razorpay-webhook": {
        "post": {
            "tags": ["Webhooks"],
            "operationId": "receive_razorpay_webhook",
            "summary": "Razorpay's deliveries",
            "description": "Signed over the raw body. Every delivery is kept, each effect happens once.",
            "parameters": [
                {
                    "name": "X-Razorpay-Signature",
                    "in": "header",
                    "required": True,
                    "description": "Lower-case hex HMAC-SHA256 of the raw body with the webhook secret",
                    "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                },
                {
                    "name": "X-Razorpay-Event-Id",
                    "in": "header",
                    "description": "The same for every redelivery of an event",
                    "schema": {"type": "string"},
                },
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
            },
            "responses": {
                "200": {
                    "description": "Kept; a redelivery is answered `duplicate`",
                    "content": {"application/json": {"schema": {"$ref": f"{PREFIX}WebhookAnswer"}}},
                },
                "401": {"description": "`invalid_signature`"},
            },
        }
    }
}
