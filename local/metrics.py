"""What the functions have measured: the metrics that CloudWatch would make of the lines in the emulator's logs."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from local.emulator import Emulator
from shared.metrics import NAMESPACE, Metric

RATES = (
    ("Paid orders", Metric.PAYMENTS_ATTEMPTED, Metric.PAYMENTS_SUCCEEDED, 95),
    ("Delivered notifications", Metric.NOTIFICATIONS_ATTEMPTED, Metric.NOTIFICATIONS_DELIVERED, 98),
    ("Generated certificates", Metric.CERTIFICATES_ATTEMPTED, Metric.CERTIFICATES_GENERATED, 100),
)
PAGE = 10_000
"""As many lines as CloudWatch Logs answers at once."""
LIMITS = {Metric.WEBHOOK_PROCESSING_TIME: 2000, Metric.DATABASE_TRANSACTION_TIME: 500}
"""At most this many ms, of 95 % of the values: the targets, as the alarms of the template have them."""


class _Entry(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class SuccessRate(_Entry):
    """Percent of what was attempted; none where nothing was."""

    name: str
    attempted: int
    succeeded: int
    percent: float | None
    target: int

    @property
    def is_missed(self) -> bool:
        return self.percent is not None and self.percent < self.target


class MetricValues(_Entry):
    """All values of one metric."""

    name: str
    unit: str
    count: int
    total: float
    average: float
    p95: float
    maximum: float
    latest: float
    target: int | None

    @property
    def is_missed(self) -> bool:
        return self.target is not None and self.p95 > self.target


class Metrics(_Entry):
    rates: list[SuccessRate]
    metrics: list[MetricValues]


def read(emulator: Emulator, log_group: str) -> Metrics:
    """Everything that the functions have measured while the emulator kept their log group."""
    return summarise(_lines(emulator.client("logs"), log_group))


def summarise(lines: Iterable[str]) -> Metrics:
    """Of lines in the order they were written; those that are no metrics of ours count for nothing."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for line in lines:
        for name, measured in _values(line):
            values[name] += measured
    totals = {metric: round(sum(values.get(metric.value[0], []))) for metric in Metric}
    return Metrics(
        rates=[
            _rate(name, totals[attempted], totals[succeeded], target) for name, attempted, succeeded, target in RATES
        ],
        metrics=[_measured(metric, values[metric.value[0]]) for metric in Metric if metric.value[0] in values],
    )


def _lines(client: Any, log_group: str) -> Iterator[str]:
    """The oldest first. The emulator gives no token for the next page, so a full page is followed by its last time."""
    search = {"logGroupName": log_group, "filterPattern": '"CloudWatchMetrics"', "limit": PAGE}
    start = 0
    while True:
        events = client.filter_log_events(**search, startTime=start)["events"]
        yield from (event["message"] for event in events)
        if len(events) < PAGE:
            return
        start = events[-1]["timestamp"] + 1


def _values(line: str) -> Iterator[tuple[str, list[float]]]:
    try:
        document = json.loads(line)
    except ValueError:
        return
    for directive in document.get("_aws", {}).get("CloudWatchMetrics", []) if isinstance(document, dict) else []:
        if directive["Namespace"] == NAMESPACE:
            yield from ((metric["Name"], document[metric["Name"]]) for metric in directive["Metrics"])


def _rate(name: str, attempted: int, succeeded: int, target: int) -> SuccessRate:
    percent = round(100 * succeeded / attempted, 2) if attempted else None
    return SuccessRate(name=name, attempted=attempted, succeeded=succeeded, percent=percent, target=target)


def _measured(metric: Metric, values: list[float]) -> MetricValues:
    name, unit = metric.value
    return MetricValues(
        name=name,
        unit=unit.value,
        count=len(values),
        total=round(sum(values), 1),
        average=round(sum(values) / len(values), 1),
        p95=round(sorted(values)[math.ceil(0.95 * len(values)) - 1], 1),
        maximum=round(max(values), 1),
        latest=round(values[-1], 1),
        target=LIMITS.get(metric),
    )
