"""Fires a schedule of the template now: its own input, into the function it targets, as EventBridge Scheduler does."""

import json
from typing import Any

from local.deploy import Deployed
from local.emulator import Emulator


class UnknownScheduleError(LookupError):
    """No schedule targets a function of that name."""


class FunctionError(RuntimeError):
    """The function raised or timed out; holds its error as Lambda reports it."""


def names(stack: Deployed) -> list[str]:
    """The functions that have a schedule, by folder name."""
    scheduled = {_function_name(each) for each in _schedules(stack)}
    return sorted(name for name, deployed in stack.functions().items() if deployed in scheduled)


def fire(emulator: Emulator, stack: Deployed, function: str) -> Any:
    """Return the function's answer; raises UnknownScheduleError or FunctionError."""
    wanted = stack.functions().get(function.replace("-", "_"))
    for schedule in _schedules(stack):
        if _function_name(schedule) == wanted:
            return _invoke(emulator, schedule["Target"]["Arn"], schedule["Target"].get("Input", "{}"))
    raise UnknownScheduleError(function)


def _schedules(stack: Deployed) -> list[dict[str, Any]]:
    return [stack.resolver().resolve(each) for each in stack.resources("AWS::Scheduler::Schedule").values()]


def _function_name(schedule: dict[str, Any]) -> str:
    # arn:aws:lambda:<region>:<account>:function:<name>:<alias>
    return schedule["Target"]["Arn"].split(":")[6]


def _invoke(emulator: Emulator, target: str, given: str) -> Any:
    answer = emulator.client("lambda").invoke(FunctionName=target, Payload=given.encode())
    payload = json.loads(answer["Payload"].read() or "null")
    if "FunctionError" in answer:
        raise FunctionError(json.dumps(payload))
    return payload
