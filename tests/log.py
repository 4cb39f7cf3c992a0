"""What the functions write: log lines and metrics, as CloudWatch gets them from their standard output."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any

from shared.log import logger


@dataclass(frozen=True)
class Log:
    """The log lines of the functions, which keep the standard output that was there when they were imported."""

    stream: StringIO

    @classmethod
    @contextmanager
    def kept(cls) -> Generator["Log"]:
        (handler,) = logger.handlers
        log = cls(StringIO())
        before = handler.setStream(log.stream)  # pyright: ignore[reportAttributeAccessIssue]
        try:
            yield log
        finally:
            handler.setStream(before)  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]
