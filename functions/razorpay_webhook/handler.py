"""POST /functions/v1/razorpay-webhook: Razorpay's deliveries, verified over their raw bytes."""

import base64
import binascii
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.razorpay_webhook.signature import is_signed
from shared import clock, db, metrics
from shared.actors import SERVICE
from shared.config import settings
from shared.errors import AppError, NotJson, TooLarge, Unauthenticated, Unavailable
from shared.invocations import invocation
from shared.log import log_failure, logger
from shared.metrics import Metric
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.problems import json_response, problem_response
from shared.secret_store import secret
from shared.webhooks import queries, service
from shared.webhooks.models import DisputeEvent, PaymentEvent, WebhookAnswer, WebhookDelivery, WebhookStatus

MAX_BODY_BYTES = 1024 * 1024
MAX_UNSIGNED_BYTES = 4 * 1024
UNSIGNED_PER_HOUR = 20
"""A sample shows a wrong secret as well as every request does, and cannot fill the database."""


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request_id = str(event.get("requestContext", {}).get("requestId", ""))
    try:
        headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        with metrics.timed(Metric.WEBHOOK_PROCESSING_TIME), metrics.failures(Metric.WEBHOOKS_FAILED):
            answer = receive(_raw_body(event), headers)
    except AppError as refusal:
        return problem_response(refusal, request_id)
    return json_response(200, answer.model_dump())


def receive(body: bytes, headers: dict[str, str]) -> WebhookAnswer:
    """Verify, store and apply one delivery; raises AppError for a request that is refused."""
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge("The body is over 1 MB.")
    keys = secret(settings().razorpay_webhook_secret_id)
    secrets = [keys.get("secret", ""), keys.get("previousSecret", "")]
    if not is_signed(body, headers.get("x-razorpay-signature", ""), secrets):
        _store_unsigned(body, headers)
        raise Unauthenticated("The signature is missing or wrong.", code="invalid_signature")
    try:
        delivery, event = service.parse(body, headers)
    except (NotJson, service.Hostile) as error:
        _store_failed(service.build_delivery(body, headers), type(error).__name__)
        if isinstance(error, AppError):
            raise
        return _answer("ignored", service.build_delivery(body, headers))
    return _process(delivery, event)


def _process(delivery: WebhookDelivery, event: PaymentEvent | DisputeEvent | None) -> WebhookAnswer:
    try:
        with db.transaction(SERVICE) as conn:
            status, outcome = service.process(conn, delivery, event, clock.now())
    except service.UNPROCESSABLE as error:
        # Every redelivery of the same bytes would fail the same way for a day, so they are stored for a person.
        _store_failed(delivery, f"sqlstate {error.sqlstate}")
        return _answer("ignored", delivery)
    hand_off(conn.enqueued)
    logger.info("webhook_processed", status=status, outcome=outcome, event_type=delivery.event_type)
    return _answer(status, delivery)


def _store_failed(delivery: WebhookDelivery, error: str) -> None:
    logger.error("webhook_failed", error=error, event_type=delivery.event_type)
    with db.transaction(SERVICE) as conn:
        queries.insert_failed_delivery(conn, delivery, error)
        conn.measure(Metric.WEBHOOKS_FAILED)
        notifications.notify_admins(
            conn,
            "admin_attention",
            f"webhook_failed:{delivery.identity}",
            subject="A message of Razorpay could not be read",
            detail=f"{delivery.event_type or 'An event'} ({delivery.identity}): {error}. See the webhook log.",
        )
    hand_off(conn.enqueued)


def _store_unsigned(body: bytes, headers: dict[str, str]) -> None:
    """Count every unsigned request and store a sample, because a wrong secret is the most common fault.

    The answer is 401 in any case.
    """
    logger.warning("webhook_rejected", reason="signature")
    metrics.add(Metric.WEBHOOKS_UNSIGNED)
    unsigned = service.build_delivery(body[:MAX_UNSIGNED_BYTES], headers)
    try:
        with db.transaction(SERVICE) as conn:
            queries.insert_unsigned_sample(conn, unsigned, "bad_signature", UNSIGNED_PER_HOUR)
    except Unavailable as error:
        log_failure(error)


def _answer(status: WebhookStatus, delivery: WebhookDelivery) -> WebhookAnswer:
    return WebhookAnswer(status=status, eventId=delivery.identity)


def _raw_body(event: dict[str, Any]) -> bytes:
    body = (event.get("body") or "").encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body
    except binascii.Error:
        return b""  # API Gateway never sends this; no signature matches it
