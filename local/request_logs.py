"""What one request caused: the lines of all functions that carry its id, also of what was sent or done later."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

LEFT_OUT = {
    "level",
    "location",
    "message",
    "timestamp",
    "service",
    "function_name",
    "correlation_id",
    "stage",
    "xray_trace_id",
}
"""Fields that a line shows otherwise, or that are the same in all of them."""


def caused_by(client: Any, log_group: str, request_id: str) -> Iterator[str]:
    """One line of text for each line of the log, the oldest first; metrics are left out."""
    found = client.filter_log_events(logGroupName=log_group, filterPattern=f'"{request_id}"', limit=10_000)["events"]
    for event in sorted(found, key=lambda each: each["timestamp"]):
        try:
            line: Any = json.loads(event["message"])
        except ValueError:
            line = None
        if isinstance(line, dict) and "_aws" not in line:
            yield _shown(event["timestamp"], line)


def _shown(milliseconds: int, line: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
    fields = "  ".join(f"{name}={value}" for name, value in line.items() if name not in LEFT_OUT)
    return (
        f"{at:%H:%M:%S.%f}"[:-3]
        + f"  {line.get('function_name', '')}  {line.get('level', '')}  {line.get('message')}  {fields}"
    )
