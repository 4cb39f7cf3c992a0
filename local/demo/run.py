"""Runs a student's whole journey against a running stack, or one started for it, and prints every step."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import requests
from websockets.exceptions import WebSocketException

from local.demo import certificate, enrolment, live_session, money, reconciliation, reports, waiting
from local.demo.journey import Journey, Step, StepFailedError
from local.process import end_group
from local.stack_file import StackFile
from local.state import StackError, StateFolder

STEPS: tuple[Step, ...] = (
    *enrolment.STEPS,
    *money.STEPS,
    *waiting.STEPS,
    *live_session.STEPS,
    *certificate.STEPS,
    *reconciliation.STEPS,
    *reports.STEPS,
)


def run(state: StateFolder) -> bool:
    """Whether every step came out true; stops at the first that does not."""
    with running_stack(state) as stack:
        print(f"A student's journey at {stack.base_url}")
        journey = Journey(stack)
        return all(take(step, journey) for step in STEPS)


def take(step: Step, journey: Journey) -> bool:
    began = time.monotonic()
    try:
        result, tick = step(journey), "✓"
    except (StepFailedError, requests.RequestException, WebSocketException, TimeoutError, LookupError) as error:
        result, tick = f"{type(error).__name__}: {error}", "✗"
    print(f"  {tick} {time.monotonic() - began:4.1f} s  {step.__doc__}: {result}", flush=True)
    return tick == "✓"


@contextmanager
def running_stack(state: StateFolder) -> Generator[StackFile]:
    """The stack that runs, or one that runs only for this; raises StackError when it does not start."""
    if stack := find(state):
        yield stack
        return
    process = subprocess.Popen([sys.executable, "-m", "local", "up"], start_new_session=True)
    try:
        while (stack := find(state)) is None:
            if process.poll() is not None:
                raise StackError("the local stack did not start")
            time.sleep(0.2)
        yield stack
    finally:
        end_group(process.pid, seconds=30)


def find(state: StateFolder) -> StackFile | None:
    """What stack.json says, if the stack it tells of answers."""
    try:
        stack = StackFile.model_validate_json(state.stack_file.read_bytes())
        return stack if requests.get(f"{stack.base_url}/_local/mail", timeout=5).ok else None
    except (FileNotFoundError, requests.RequestException):
        return None
