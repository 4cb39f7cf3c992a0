"""What is measured: every metric's name and unit, and the lines that CloudWatch makes metrics of.

A value is added to the invocation that goes on and written to its log at the end, however it ends, in the embedded
metric format; nothing is sent. Counts of what was attempted and what succeeded make rates where they are looked at.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from shared.errors import AppError

NAMESPACE = "CrashCourse"
SERVICE = "crash-course"


class Metric(Enum):
    """Name and unit; the alarms and the dashboard of the template use each of them, and no other."""

    PAYMENTS_ATTEMPTED = "PaymentsAttempted", MetricUnit.Count
    """Orders that were paid or failed, each once, whatever became of it later."""
    PAYMENTS_SUCCEEDED = "PaymentsSucceeded", MetricUnit.Count
    """Orders that were paid, the first time or after a failure."""
    PAYMENTS_HELD = "PaymentsHeld", MetricUnit.Count
    """Payments of another amount that have waited for an administrator's decision for over a day."""
    GATEWAY_KEY_REFUSED = "GatewayKeyRefused", MetricUnit.Count
    """Calls that Razorpay refused because of our own API key."""
    ORDERS_UNREADABLE = "OrdersUnreadable", MetricUnit.Count
    """Orders of expired holds about which Razorpay gave no usable answer for the third time or more."""
    WEBHOOK_PROCESSING_TIME = "WebhookProcessingTime", MetricUnit.Milliseconds
    WEBHOOKS_FAILED = "WebhooksFailed", MetricUnit.Count
    """Signed deliveries that were kept as failed, or that the sender has to repeat."""
    WEBHOOKS_UNSIGNED = "WebhooksUnsigned", MetricUnit.Count
    """Requests to the webhook without a valid signature: somebody else's, or a wrong secret."""
    NOTIFICATIONS_ATTEMPTED = "NotificationsAttempted", MetricUnit.Count
    """Notifications that were delivered or given up."""
    NOTIFICATIONS_DELIVERED = "NotificationsDelivered", MetricUnit.Count
    NOTIFICATION_BACKLOG = "NotificationBacklog", MetricUnit.Count
    """Due and not sent when the sweep began."""
    NOTIFICATION_BACKLOG_AGE = "NotificationBacklogAge", MetricUnit.Seconds
    """How long the oldest of them has been due."""
    RECONCILIATION_MISMATCHES = "ReconciliationMismatches", MetricUnit.Count
    """Comparisons of a daily reconciliation that did not end in a match, whether they were found before or not."""
    CERTIFICATES_ATTEMPTED = "CertificatesAttempted", MetricUnit.Count
    CERTIFICATES_GENERATED = "CertificatesGenerated", MetricUnit.Count
    DATABASE_TRANSACTION_TIME = "DatabaseTransactionTime", MetricUnit.Milliseconds
    """From asking for a transaction to its end, a connect included where one was needed."""
    DATABASE_UNAVAILABLE = "DatabaseUnavailable", MetricUnit.Count
    """Transactions that the database could not begin or end."""


_current: ContextVar[EphemeralMetrics | None] = ContextVar("metrics", default=None)


def add(metric: Metric, value: float = 1) -> None:
    """Measure something of the invocation that goes on; outside of one, nothing is measured."""
    current = _current.get()
    if current is not None:
        name, unit = metric.value
        current.add_metric(name, unit, value)


@contextmanager
def timed(metric: Metric) -> Generator[None]:
    """Measure how many milliseconds the block takes, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        add(metric, (time.perf_counter() - began) * 1000)


@contextmanager
def failures(metric: Metric) -> Generator[None]:
    """Count the block where it raises something that is not the caller's own mistake."""
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, AppError) and error.status < 500):
            add(metric)
        raise


@contextmanager
def written(*, stage: str, **found_by: str) -> Generator[None]:
    """Write what the block measures when it ends; `found_by` is for searching the lines, not for the metrics."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    metrics.add_dimension("stage", stage)
    for name, value in found_by.items():
        metrics.add_metadata(name, value)
    before = _current.set(metrics)
    try:
        yield
    finally:
        _current.reset(before)
        if metrics.metric_set:
            metrics.flush_metrics()
