"""What the functions write: log lines and metrics, as CloudWatch gets them from their standard output."""

import json
import sys
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from shared.log import logger
from shared.metrics import NAMESPACE, Metric


class CurrentOutput:
    """Standard output as it is now: the functions' logger keeps the one that was there when it was made."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@dataclass
class Log:
    """What functions have written since the beginning or since `forget`."""

    capture: pytest.CaptureFixture[str]
    written: str = ""

    @classmethod
    @contextmanager
    def kept(cls, capture: pytest.CaptureFixture[str]) -> Generator["Log"]:
        (handler,) = logger.handlers
        before = handler.setStream(CurrentOutput())  # pyright: ignore[reportAttributeAccessIssue]
        try:
            yield cls(capture)
        finally:
            handler.setStream(before)  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def text(self) -> str:
        self.written += self.capture.readouterr().out
        return self.written

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [each for each in self.documents if "_aws" not in each]

    @property
    def emf(self) -> list[dict[str, Any]]:
        return [each for each in self.documents if "_aws" in each]

    def values(self) -> dict[Metric, list[float]]:
        """Every value of every metric that CloudWatch would make of this."""
        found: defaultdict[Metric, list[float]] = defaultdict(list)
        by_name = {metric.value[0]: metric for metric in Metric}
        for document in self.emf:
            (directive,) = document["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == NAMESPACE
            for metric in directive["Metrics"]:
                found[by_name[metric["Name"]]] += document[metric["Name"]]
        return dict(found)

    def total(self, metric: Metric) -> float:
        return sum(self.values().get(metric, []))

    def forget(self) -> None:
        self.capture.readouterr()
        self.written = ""
