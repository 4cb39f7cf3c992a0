"""Fires a deployed schedule now: its own input, into the function it targets, as EventBridge Scheduler does."""

import json
from dataclasses import dataclass
from typing import Any

from local.emulator import Emulator


class FunctionError(RuntimeError):
    """The function raised or timed out; holds its error as Lambda reports it."""


@dataclass(frozen=True)
class Schedule:
    """A schedule as it is deployed."""

    name: str
    expression: str
    target: str
    """ARN of a function's alias."""
    given: str
    """JSON that the function gets."""

    @property
    def function_name(self) -> str:
        # arn:aws:lambda:<region>:<account>:function:<name>:<alias>
        return self.target.split(":")[6]


def read(emulator: Emulator, functions: dict[str, str]) -> dict[str, Schedule]:
    """The schedules by the folder name of their function; `functions` holds deployed names by folder name."""
    client = emulator.client("scheduler")
    names = [each["Name"] for each in client.list_schedules()["Schedules"]]
    deployed = {schedule.function_name: schedule for schedule in (_read(client, name) for name in names)}
    return {folder: deployed[name] for folder, name in functions.items() if name in deployed}


def fire(emulator: Emulator, schedule: Schedule) -> Any:
    """Return the function's answer; raises FunctionError."""
    answer = emulator.client("lambda").invoke(FunctionName=schedule.target, Payload=schedule.given.encode())
    payload = json.loads(answer["Payload"].read() or "null")
    if "FunctionError" in answer:
        raise FunctionError(json.dumps(payload))
    return payload


def _read(client: Any, name: str) -> Schedule:
    found = client.get_schedule(Name=name)
    target = found["Target"]
    return Schedule(name, found["ScheduleExpression"], target["Arn"], target.get("Input", "{}"))
