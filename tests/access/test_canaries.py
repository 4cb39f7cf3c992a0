"""A11: whoever reads the logs, or is refused, learns nothing of people, secrets or payments, whatever goes wrong."""

import json
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from threading import Thread
from typing import Any, LiteralString

import boto3
import pytest
from moto.core.botocore_stubber import BotocoreStubber

from local.postgres import free_port
from local.razorpay.server import FakeRazorpay
from shared import secret_store
from shared.config import settings
from shared.invocations import invocation
from shared.log import logger
from tests.access.canaries import (
    ALL_OF_THEM,
    CANARIES,
    EMAIL,
    PASSWORD,
    Call,
    calls,
    make_due,
    plant,
    seen,
)
from tests.access.world import World, inhabit
from tests.certificates.certificate_platform import certifying
from tests.deployed import TRUST_LEVELS, Answer, DeployedFunctions, close_connections, database_secret_of, linked
from tests.log import Log
from tests.registrations.conftest import account

__all__ = ["account"]

PROBLEM = {"type", "title", "status", "detail", "code", "requestId"}
GENERIC = {
    "Something went wrong on our side.",
    "The database cannot answer now.",
    "The database cannot be reached now.",
    "The payment provider answers something unknown.",
    "The payment provider cannot answer now.",
    "The payment provider opens no order now.",
    "The issuer's keys cannot be read now.",
}
"""What people may be told of a failure."""
type Handler = Callable[[dict[str, Any], Any], Any]
type Fault = Callable[[World], AbstractContextManager[Callable[[], None]]]
"""Something is broken while the block lasts; what it gives is called before each request."""


@pytest.fixture(scope="module")
def planted(kept: DeployedFunctions) -> Iterator[World]:
    storage: Any = boto3.client("s3")
    storage.create_bucket(Bucket="recordings", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})
    with pytest.MonkeyPatch.context() as patch, certifying(kept, patch):
        world = inhabit(kept)
        plant(world)
        yield world


@dataclass(frozen=True)
class Watch:
    """Calls functions as Lambda's runtime does, and reads what they wrote and answered."""

    world: World
    capture: pytest.CaptureFixture[str]
    records: pytest.LogCaptureFixture

    def leaks(self, call: Call, handler: Handler | None = None) -> tuple[bool, list[str]]:
        """Whether it failed, and the canaries that were seen."""
        answer = self._run(call, handler or self._handler(call))
        told = self.capture.readouterr()
        written = f"{told.out}\n{told.err}\n{self.records.text}"
        self.records.clear()
        found = [f"{call.name}: the log shows the {name}" for name in sorted(seen(written))]
        if not isinstance(answer, dict) or "statusCode" not in answer:
            return answer is None, found
        response = Answer.of({"headers": {}, **answer})
        if response.status >= 400:
            found += [f"{call.name}: the refusal shows the {name}" for name in sorted(seen(response.raw))]
        if response.status >= 500 and call.name != "GET /functions/v1/health":
            found += [f"{call.name}: {each}" for each in too_much(response)]
        return response.status >= 500, found

    def _run(self, call: Call, handler: Handler) -> Any:
        try:
            return handler(call.event, self.world.deployed.context)
        except Exception as error:  # noqa: BLE001 - as Lambda's runtime, which writes it into the function's log
            sys.stdout.write(f"[ERROR] {type(error).__name__}: {error}\n")
            sys.stdout.writelines(traceback.format_tb(error.__traceback__))
            return None

    def _handler(self, call: Call) -> Handler:
        login = "database-worker" if call.module == "job" else database_secret_of(call.function)
        self.world.deployed.set(DATABASE_SECRET_ID=login)
        return import_module(f"functions.{call.function}.{call.module}").lambda_handler


def too_much(response: Answer) -> Iterator[str]:
    """What the body of a failure says beside that it is one."""
    if set(response.body) - {"errors"} != PROBLEM or "errors" in response.body:
        yield f"the failure says {sorted(response.body)}"
    if response.body.get("detail") not in GENERIC:
        yield f"the failure says {response.body.get('detail')!r}"


@pytest.fixture
def watch(
    planted: World, account: FakeRazorpay, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[Watch]:
    planted.deployed.set(RAZORPAY_BASE_URL=account.url)
    with Log.kept(capsys), caplog.at_level("INFO"):
        yield Watch(planted, capsys, caplog)


# What can be broken: each failure says everything it knows.


@contextmanager
def rows_refused(world: World) -> Generator[Callable[[], None]]:
    """Every write fails, and PostgreSQL quotes the row."""
    tables = world.deployed.rows(
        "select oid::regclass::text as name from pg_class where relkind in ('r', 'p') and not relispartition"
        " and relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    with world.deployed.database.look() as conn:
        conn.execute(
            "create function private.quote_row() returns trigger language plpgsql as"
            " $$ begin raise unique_violation using message = format('row %s', new), detail = new::text; end $$"
        )
        for table in tables:
            statement: Any = (
                f"create trigger aaa_quote before insert or update on {table['name']}"
                " for each row execute function private.quote_row()"
            )
            conn.execute(statement)
        try:
            yield lambda: None
        finally:
            conn.execute("drop function private.quote_row() cascade")


def requests_refused(state: LiteralString) -> Fault:
    """Every transaction fails as it begins, with all canaries in what PostgreSQL says."""

    @contextmanager
    def fault(world: World) -> Generator[Callable[[], None]]:
        with world.deployed.database.look() as conn:
            told: Any = f"message = $t${ALL_OF_THEM}$t$, detail = $t${ALL_OF_THEM}$t$, hint = $t${ALL_OF_THEM}$t$"
            body: Any = f"$$ begin raise exception using errcode = '{state}', {told}; end $$"
            conn.execute("alter function public.begin_request(text, jsonb) rename to begin_request_kept")
            conn.execute(
                "create function public.begin_request(role text, claims jsonb) returns void language plpgsql as " + body
            )
            try:
                yield lambda: None
            finally:
                conn.execute("drop function public.begin_request(text, jsonb)")
                conn.execute("alter function public.begin_request_kept(text, jsonb) rename to begin_request")

    return fault


def database_at(address: str) -> Fault:
    """The functions connect, with a password, to where no database is."""

    @contextmanager
    def fault(world: World) -> Generator[Callable[[], None]]:
        urls = {f"database-{level}": world.deployed.database.login_url(level) for level in TRUST_LEVELS}
        for name in urls:
            world.deployed.put_secret(name, {"url": address.format(password=PASSWORD, port=free_port())})
        close_connections()
        try:
            yield lambda: None
        finally:
            for name, url in urls.items():
                world.deployed.put_secret(name, {"url": url})
            close_connections()

    return fault


def link_cut(trip: int) -> Fault:
    @contextmanager
    def fault(world: World) -> Generator[Callable[[], None]]:
        with linked(world.deployed) as link:
            yield lambda: link.cut(trip, "after")
        for level in TRUST_LEVELS:
            world.deployed.put_secret(f"database-{level}", {"url": world.deployed.database.login_url(level)})

    return fault


def razorpay_says(status: int, body: str) -> Fault:
    """Razorpay answers everything with this."""

    class Razorpay(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            pass

    @contextmanager
    def fault(world: World) -> Generator[Callable[[], None]]:
        with ThreadingHTTPServer(("127.0.0.1", 0), Razorpay) as server:
            Thread(target=server.serve_forever).start()
            before = settings().razorpay_base_url
            world.deployed.set(RAZORPAY_BASE_URL=f"http://127.0.0.1:{server.server_port}")
            try:
                yield lambda: None
            finally:
                server.shutdown()
                world.deployed.set(RAZORPAY_BASE_URL=before)

    return fault


def aws_refuses(*, secrets_too: bool) -> Fault:
    """AWS answers everything with an error that quotes what it was sent."""
    refusal = json.dumps({"__type": "AccessDenied", "message": ALL_OF_THEM})
    process: Any = BotocoreStubber.process_request

    def refuse(self: BotocoreStubber, request: Any) -> Any:
        if "secretsmanager" in request.url and not secrets_too:
            return process(self, request)
        return 400, {}, refusal

    @contextmanager
    def fault(world: World) -> Generator[Callable[[], None]]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BotocoreStubber, "process_request", refuse)
            yield secret_store.forget if secrets_too else lambda: None

    return fault


NONSENSE = json.dumps({"entity": "collection", "count": 1, "items": [{"id": "pay_1", "email": EMAIL, "amount": EMAIL}]})
FAULTS: dict[str, Fault] = {
    "rows refused": rows_refused,
    "requests refused": requests_refused("P0001"),
    "server starting": requests_refused("57P03"),
    "server away": database_at("postgresql://user_login:{password}@127.0.0.1:{port}/x"),
    "address misspelt": database_at("postgresql://user_login:{password}%zz@127.0.0.1:{port}/x"),
    "link cut at once": link_cut(1),
    "link cut": link_cut(2),
    "razorpay refuses": razorpay_says(400, json.dumps({"error": {"code": "BAD", "description": ALL_OF_THEM}})),
    "razorpay is busy": razorpay_says(429, json.dumps({"error": {"code": "BUSY", "description": ALL_OF_THEM}})),
    "razorpay talks nonsense": razorpay_says(200, NONSENSE),
    "aws refuses": aws_refuses(secrets_too=False),
    "secrets away": aws_refuses(secrets_too=True),
}


def test_nothing_of_a_canary_is_seen_while_all_goes_well(watch: Watch) -> None:
    make_due(watch.world)
    assert [leak for call in list(calls(watch.world)) for leak in watch.leaks(call)[1]] == []


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_nothing_of_a_canary_is_seen_whatever_fails(watch: Watch, *, whole: bool) -> None:
    found: list[str] = []
    failures = 0
    for number, (name, fault) in enumerate(FAULTS.items()):
        everything = list(calls(watch.world))
        make_due(watch.world)
        with fault(watch.world) as prepare:
            for call in everything if whole else everything[number :: len(FAULTS)]:
                prepare()
                failed, leaks = watch.leaks(call)
                failures += failed
                found += [f"{name}: {leak}" for leak in leaks]
    assert found == []
    assert failures >= 50


def test_whatever_is_shown_is_found(watch: Watch) -> None:
    """The negative controls: a function that logs its event, and one that tells why it failed."""

    @invocation
    def talkative(event: dict[str, Any], _context: Any) -> None:
        logger.info("got", event=event)

    def honest(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return {"statusCode": 500, "headers": {"content-type": "application/problem+json"}, "body": json.dumps(event)}

    def helpless(event: dict[str, Any], _context: Any) -> None:
        raise ValueError(event["canary"])

    for name, value in CANARIES.items():
        call = Call("control", "events", {"canary": value})
        assert watch.leaks(call, talkative)[1] == [f"control: the log shows the {name}"]
        assert watch.leaks(call, helpless)[1] == [f"control: the log shows the {name}"]
        refusal, *more = watch.leaks(call, honest)[1]
        assert refusal == f"control: the refusal shows the {name}"
        assert len(more) == 2
