"""Killing parts of the stack in the middle of a request: nothing is lost, and everything comes back."""

import io
import json
import os
import signal
import time
import zipfile
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import requests

from local.seed import FREE, NON_TECHNICAL, PAID
from tests.local.running_stack import RunningStack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

Invoke = Callable[..., tuple[str | None, Any]]

PUPPET = """
import os, pathlib, time
def handle(event, context):
    if "die" in event:
        os._exit(1)
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "meet" in event:  # go on only when all are here at the same time
        folder = pathlib.Path(event["meet"])
        (folder / str(os.getpid())).touch()
        while len(list(folder.iterdir())) < event["all"]:
            time.sleep(0.01)
    return {"pid": os.getpid()}
"""


@pytest.fixture
def puppet(stack: RunningStack) -> Generator[Invoke]:
    """A function of five seconds at most that does as it is told; returns the kind of error, if any, and the answer."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("puppet.py", PUPPET)
    client, roles = stack.client("lambda"), stack.client("iam")
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = roles.create_role(RoleName="puppet", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    client.create_function(
        FunctionName="puppet",
        Runtime="python3.13",
        Role=role,
        Handler="puppet.handle",
        Code={"ZipFile": code.getvalue()},
        Timeout=5,
    )

    def invoke(**event: object) -> tuple[str | None, Any]:
        answer = client.invoke(FunctionName="puppet", Payload=json.dumps(event).encode())
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    yield invoke
    client.delete_function(FunctionName="puppet")
    roles.delete_role(RoleName="puppet")


def test_eight_executions_run_at_once(puppet: Invoke, tmp_path: Path) -> None:
    for _ in at_once(8, partial(puppet, sleep=1)):
        pass  # eight cold starts: the timeout counts from the first request
    answers = at_once(8, partial(puppet, meet=str(tmp_path), all=8))

    assert [error for error, _ in answers] == [None] * 8
    assert len({answer["pid"] for _, answer in answers}) == 8


def test_executions_wait_for_one_that_does_not_come(puppet: Invoke, tmp_path: Path) -> None:
    """The control of the test above: seven do not pass for eight."""
    assert {error is None for error, _ in at_once(7, partial(puppet, meet=str(tmp_path), all=8))} == {False}


def at_once[T](times: int, call: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(times) as threads:
        return [each.result() for each in [threads.submit(call) for _ in range(times)]]


def test_an_execution_ends_at_its_timeout(puppet: Invoke) -> None:
    began = time.monotonic()
    error, answer = puppet(sleep=60)

    assert error
    assert "timed out" in answer["errorMessage"]
    assert time.monotonic() - began < 40
    assert puppet()[0] is None


def test_a_worker_that_dies_fails_its_request_and_no_other(puppet: Invoke) -> None:
    assert puppet(die=True)[0]
    assert puppet()[0] is None


def test_eight_requests_at_once_are_all_answered(stack: RunningStack) -> None:
    answers = [each.json() for each in at_once(8, partial(stack.call, "GET", f"events/{PAID.id}"))]

    assert answers[0]["event"]["title"] == PAID.title
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
