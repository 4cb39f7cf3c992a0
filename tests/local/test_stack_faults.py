"""Killing parts of the stack in the middle of a request: nothing is lost, and everything comes back."""

import io
import json
import os
import signal
import time
import zipfile
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psutil
import psycopg
import pytest
import requests

from local.seed import FREE, NON_TECHNICAL, PAID
from tests.local.running_stack import RunningStack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

SLEEPER = """
import os, time
def handle(event, context):
    if event.get("die"):
        os._exit(1)
    time.sleep(event.get("seconds", 0))
    return {"pid": os.getpid()}
"""


@pytest.fixture
def sleeper(stack: RunningStack) -> Generator[str]:
    """A function of two seconds at most, that sleeps or dies as it is told."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("sleeper.py", SLEEPER)
    client = stack.client("lambda")
    client.create_function(
        FunctionName="sleeper",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="sleeper.handle",
        Code={"ZipFile": code.getvalue()},
        Timeout=2,
    )
    yield "sleeper"
    client.delete_function(FunctionName="sleeper")


def invoke(stack: RunningStack, function: str, **event: object) -> tuple[str | None, Any]:
    """The kind of error, if any, and the answer."""
    answer = stack.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_eight_executions_run_at_once(stack: RunningStack, sleeper: str) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(partial(invoke, stack, seconds=1), [sleeper] * 8))

    assert [error for error, _ in answers] == [None] * 8
    assert len({answer["pid"] for _, answer in answers}) == 8
    assert time.monotonic() - began < 8, "one after the other would have taken longer"


def test_an_execution_ends_at_its_timeout(stack: RunningStack, sleeper: str) -> None:
    began = time.monotonic()
    error, answer = invoke(stack, sleeper, seconds=60)

    assert error
    assert "timed out" in answer["errorMessage"]
    assert time.monotonic() - began < 20
    assert invoke(stack, sleeper)[0] is None


def test_a_worker_that_dies_fails_its_request_and_no_other(stack: RunningStack, sleeper: str) -> None:
    assert invoke(stack, sleeper, die=True)[0]
    assert invoke(stack, sleeper)[0] is None


def test_eight_requests_at_once_are_all_answered(stack: RunningStack) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = [each.json() for each in threads.map(partial(stack.call, "GET"), [f"events/{PAID.id}"] * 8)]

    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)


def test_a_worker_killed_in_the_middle_of_a_registration_loses_nothing(stack: RunningStack) -> None:
    with registering(stack, "student", str(FREE.id)) as request:
        (worker,) = stack.processes("_LAMBDA_FUNCTION_ARN", stack.file.functions["registrations"])
        worker.kill()
        assert request.result().status_code >= 500

    assert registrations_of(stack, "student", FREE.id) == 0
    assert register(stack, "student", str(FREE.id)).status_code == 201
    assert registrations_of(stack, "student", FREE.id) == 1


def test_a_worker_left_alone_registers(stack: RunningStack) -> None:
    """The control of the test above: what blocks the request there is not what fails it."""
    with registering(stack, "student2", str(FREE.id)) as request:
        pass
    assert request.result().status_code == 201


def test_postgresql_killed_in_the_middle_of_a_registration_loses_nothing(stack: RunningStack) -> None:
    assert register(stack, "student", str(PAID.id)).status_code == 201
    with registering(stack, "student2", str(PAID.id)) as request:
        os.kill(stack.pid_of("postgres"), signal.SIGKILL)
        assert request.result().status_code >= 500

    eventually(lambda: stack.says("PostgreSQL is back"))
    assert stack.says("PostgreSQL was ended by SIGKILL; starting it again")
    eventually(lambda: register(stack, "student2", str(PAID.id)).status_code in {201, 409})
    assert registrations_of(stack, "student", PAID.id) == 1
    assert registrations_of(stack, "student2", PAID.id) == 1


def test_a_killed_emulator_comes_back_with_its_users_and_routes(stack: RunningStack) -> None:
    assert register(stack, "student", str(NON_TECHNICAL.id)).status_code == 201
    before = stack.file
    psutil.Process(stack.pid_of("emulator")).kill()

    eventually(lambda: stack.says("MiniStack is back"), seconds=120)
    assert stack.file.users["student"].id == before.users["student"].id
    assert stack.file.cognito == before.cognito
    known = stack.call("GET", "registrations").json()["registrations"]
    assert str(NON_TECHNICAL.id) in {each["eventId"] for each in known}


@contextmanager
def registering(stack: RunningStack, user: str, event: str) -> Generator[Future[requests.Response]]:
    """A registration that waits for the event's lock, in the middle of its transaction, until this ends."""
    stack.call("GET", "registrations", user)  # warm: a cold start would take longer than a lock is waited for
    holder = psycopg.connect(stack.file.database_url)
    with ThreadPoolExecutor(1) as thread, closing(holder):
        holder.execute("select from events where id = %s for update", (event,))
        request = thread.submit(register, stack, user, event)
        eventually(lambda: waiting_for_locks(stack) or request.done())
        assert not request.done()
        yield request


def waiting_for_locks(stack: RunningStack) -> int:
    with psycopg.connect(stack.file.database_url) as connection:
        row = connection.execute("select count(*) from pg_locks where not granted").fetchone()
    return int(row[0]) if row else 0


def register(stack: RunningStack, user: str, event: str) -> requests.Response:
    return stack.call("POST", "registrations", user, json={"eventId": event})


def registrations_of(stack: RunningStack, user: str, event: object) -> int:
    query = "select count(*) from registrations where user_id = %s and event_id = %s"
    with psycopg.connect(stack.file.database_url) as connection:
        row = connection.execute(query, (stack.file.users[user].id, event)).fetchone()
    return int(row[0]) if row else 0
