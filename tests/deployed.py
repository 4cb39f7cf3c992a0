"""The deployed platform as a test sees it: the template's environment, AWS by moto, and real HTTP API requests."""

import base64
import gzip
import json
import os
import re
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString
from urllib.parse import urlencode
from uuid import UUID, uuid4

import boto3
import psycopg
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.core.models import botocore_stubber
from psycopg import sql
from psycopg.rows import dict_row

from functions.send_notifications.providers import ses, sns
from local.razorpay.payloads import new_id, webhook_headers
from shared import config, db, secret_store
from shared.notifications import handoff
from shared.payments import gateway
from shared.profiles import pool
from tests import contract
from tests.database.link import Link

if TYPE_CHECKING:
    from tests.conftest import Database

TEMPLATE = (Path(__file__).parent.parent / "template.yaml").read_text()
POOL_ID = "ap-south-1_TestPool1"
ISSUER = f"https://cognito-idp.ap-south-1.amazonaws.com/{POOL_ID}"
CLIENT_ID = "client-of-the-tests"
TRUST_LEVELS = ("public", "user", "admin", "worker")
"""Each has a login of the database."""
SERVICE_KEY = "service-key-of-the-tests"
WEBHOOK_SECRET = "webhook-secret-of-the-tests"
PREVIOUS_SECRET = "previous-secret-of-the-tests"
KEY_ID = "rzp_test_FAKE0000000000"
KEY_SECRET = "fake-key-secret"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "ap-south-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "STAGE": "test",
    "LOG_LEVEL": "INFO",
    "POWERTOOLS_SERVICE_NAME": "crash-course",
    "RAZORPAY_SECRET_ID": "razorpay",
    "RAZORPAY_WEBHOOK_SECRET_ID": "razorpay-webhook",
    "RAZORPAY_BASE_URL": "http://127.0.0.1:9",  # the discard port: refuses at once
    "SERVICE_ROLE_SECRET_ID": "service-role",
    "LINK_SECRET_ID": "link",
    "DEVICE_SECRET_ID": "device",
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_CLIENT_IDS": CLIENT_ID,
    "TOKEN_JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
    "USER_POOL_ID": POOL_ID,
    "EMAIL_FROM": "courses@example.com",
    "PUBLIC_BASE_URL": "https://api.example.com",
    "ALLOWED_ORIGINS": "https://app.example.com",
    "TIME_ZONE": "Asia/Kolkata",
    "HOLD_MINUTES": "30",
    "DOCUMENTS_BUCKET": "documents",
    "RECORDINGS_BUCKET": "recordings",
}


@dataclass
class Context:
    """What Lambda tells a function about its execution."""

    remaining_ms: int = 60_000
    aws_request_id: str = "invocation"
    function_name: str = "test"
    function_version: str = "1"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:ap-south-1:123456789012:function:test"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass(frozen=True)
class Answer:
    """What the client gets; `body` is parsed where it is JSON."""

    status: int
    body: Any
    headers: Mapping[str, str]
    raw: str

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Answer":
        raw = str(answer.get("body") or "")
        headers = {name.lower(): str(value) for name, value in answer.get("headers", {}).items()}
        for name, values in answer.get("multiValueHeaders", {}).items():
            headers[name.lower()] = ",".join(values)
        if headers.get("content-encoding") == "gzip":
            raw = gzip.decompress(base64.b64decode(raw)).decode()
        return cls(
            answer["statusCode"], json.loads(raw) if "json" in headers.get("content-type", "") else raw, headers, raw
        )


def access_token(user_id: UUID, *groups: str, **changes: str | None) -> dict[str, str]:
    """The claims of a Cognito access token as API Gateway hands them over: all strings, a list as `[a b]`.

    `changes` replace claims; None takes one away.
    """
    claims = {
        "sub": str(user_id),
        "iss": ISSUER,
        "client_id": CLIENT_ID,
        "token_use": "access",
        "username": str(user_id),
        "scope": "aws.cognito.signin.user.admin",
        "exp": "4102444800",
        "iat": "1700000000",
        "jti": str(uuid4()),
    }
    if groups:
        claims["cognito:groups"] = f"[{' '.join(groups)}]"
    return {name: value for name, value in (claims | changes).items() if value is not None}


def http_event(
    method: str,
    path: str,
    *,
    claims: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: object = None,
    query: Mapping[str, str] | None = None,
    as_base64: bool = False,
) -> dict[str, Any]:
    """A request in the HTTP API's payload format 2.0, which leaves out what a request lacks.

    `path` begins behind /functions/v1, unless it is the console's; `body` is sent as it is when bytes or str, as JSON
    otherwise.
    """
    path = path if path.startswith("/console") else f"/functions/v1/{path.lstrip('/')}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "content-type": "application/json",
            "host": "api.example.com",
            "user-agent": "tests",
            **{name.lower(): value for name, value in (headers or {}).items()},
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "tests",
            },
            "requestId": new_id("req"),
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": "12/Nov/2026:09:30:00 +0000",
            "timeEpoch": 1_794_475_800_000,
        },
        "isBase64Encoded": as_base64,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if claims is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    if body is not None:
        raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        event["body"] = base64.b64encode(raw).decode() if as_base64 else raw.decode()
    return event


@dataclass(frozen=True)
class DeployedFunctions:
    """A database, and the functions in front of it as the template configures them."""

    database: "Database"
    monkeypatch: pytest.MonkeyPatch
    looking: psycopg.Connection
    context: Context = field(default_factory=Context)

    # Calling

    def invoke(self, function: str, event: object) -> Any:
        """Call functions/<function>/handler.py with the login that the template gives it."""
        secret_id = database_secret_of(function)
        if os.environ.get("DATABASE_SECRET_ID") != secret_id:
            self.set(DATABASE_SECRET_ID=secret_id)
        handler: Any = import_module(f"functions.{function}.handler")
        return handler.lambda_handler(event, self.context)

    def request(
        self,
        function: str,
        method: str,
        path: str,
        *,
        user: UUID | None = None,
        groups: Iterable[str] = (),
        claims: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """One HTTP request, by a user with an access token where one is given; `more` as in `http_event`.

        Raises AssertionError for an answer that the API's document does not know.
        """
        claims = access_token(user, *groups) if user else claims
        event = http_event(method, path, claims=claims, **more)
        answer = Answer.of(self.invoke(function, event))
        content_type = answer.headers.get("content-type", "")
        assert (breach := contract.breach(method, event["rawPath"], answer.status, content_type, answer.body)) == "", (
            breach
        )
        return answer

    def webhook(
        self, body: bytes, *, secret: str | None = WEBHOOK_SECRET, event_id: str | None = None, as_base64: bool = False
    ) -> Answer:
        """Razorpay delivers `body`, signed."""
        headers = webhook_headers(body, secret, event_id)
        return self.request(
            "razorpay_webhook", "POST", "razorpay-webhook", headers=headers, body=body, as_base64=as_base64
        )

    def at_once[Given, Result](
        self, action: Callable[[Given], Result], each: Sequence[Given], threads: int
    ) -> list[Result]:
        """`action` for each, on so many threads that begin together; the results in the order given.

        For functions without a router only: Powertools' router keeps its request in the class.
        """
        start = threading.Barrier(threads)

        def share(number: int) -> list[Result]:
            try:
                start.wait(60)
                return [action(given) for given in each[number::threads]]
            finally:
                close_connections()

        with ThreadPoolExecutor(threads) as pool:
            shares = list(pool.map(share, range(threads)))
        return [shares[number % threads][number // threads] for number in range(len(each))]

    # Arranging

    def set(self, **environment: str) -> None:
        """Change settings, as a parameter of the template would."""
        for name, value in environment.items():
            self.monkeypatch.setenv(name, value)
        config.settings.cache_clear()

    def put_secret(self, name: str, value: Mapping[str, str]) -> None:
        """Rotate a secret; known at once."""
        client: Any = boto3.client("secretsmanager")
        client.put_secret_value(SecretId=name, SecretString=json.dumps(value))
        secret_store.forget()

    def rows(self, statement: LiteralString, *arguments: object) -> list[dict[str, Any]]:
        """Any statement as the superuser; it is committed at once."""
        with self.looking.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchall() if cursor.description else []

    def row(self, statement: LiteralString, *arguments: object) -> dict[str, Any]:
        (found,) = self.rows(statement, *arguments)
        return found

    def profile(self, *, admin: bool = False, **columns: object) -> UUID:
        """A person; `admin` also makes them one in the database."""
        user_id = self._insert("profiles", {"id": uuid4(), "full_name": "Asha Rao"} | columns, email="{id}@example.com")
        if admin:
            self.rows("insert into admins (user_id) values (%s)", user_id)
        return user_id

    def event(self, **columns: object) -> UUID:
        """An upcoming technical course at 499.00 INR with 10 seats, a week from now."""
        start = datetime.now(UTC) + timedelta(days=7)
        defaults = {
            "title": "Rust in a day",
            "category": "technical",
            "status": "upcoming",
            "capacity": 10,
            "price_amount": 49_900,
            "starts_at": start,
            "ends_at": start + timedelta(hours=6),
        }
        return self._insert("events", defaults | columns)

    def registration(self, user_id: UUID, event_id: UUID, **columns: object) -> UUID:
        """A held seat with half an hour to pay for it."""
        defaults = {
            "user_id": user_id,
            "event_id": event_id,
            "status": "pending",
            "payment_status": "pending",
            "amount": 49_900,
            "currency": "INR",
            "hold_expires_at": datetime.now(UTC) + timedelta(minutes=30),
        }
        return self._insert("registrations", defaults | columns)

    def confirmed(self, user_id: UUID, event_id: UUID, **columns: object) -> UUID:
        """A paid seat (`payment_status="free"` for a free one)."""
        defaults = {
            "status": "confirmed",
            "payment_status": "completed",
            "confirmed_at": datetime.now(UTC),
            "hold_expires_at": None,
        }
        return self.registration(user_id, event_id, **(defaults | columns))

    def order(self, registration_id: UUID, **columns: object) -> str:
        """An open Razorpay order for a registration; its id at Razorpay."""
        of = self.row("select user_id, amount, currency from registrations where id = %s", registration_id)
        order_id = str(columns.pop("razorpay_order_id", new_id("order")))
        defaults = {"registration_id": registration_id, "razorpay_order_id": order_id}
        self._insert("payment_transactions", of | defaults | columns)
        return order_id

    def paid_order(self, registration_id: UUID, **columns: object) -> str:
        """An order that was paid; its id at Razorpay."""
        defaults = {"status": "success", "razorpay_payment_id": new_id("pay"), "paid_at": datetime.now(UTC)}
        return self.order(registration_id, **(defaults | columns))

    def mute_queue(self) -> None:
        """The queue takes every message unseen: moto needs 10 ms for one, too much for thousands."""
        taken: Any = AWSResponse("https://sqs", 200, HTTPHeaders(), None)
        taken._content = b"{}"
        client = handoff._client()  # pyright: ignore[reportPrivateUsage]

        def take(**_: Any) -> Any:
            return taken

        stubber: Any = botocore_stubber
        client.meta.events.unregister("before-send", stubber)
        client.meta.events.register("before-send.sqs.SendMessageBatch", take)

    def handed_off(self) -> list[UUID]:
        """The notifications that the queue was told about since the last look."""
        sqs: Any = boto3.client("sqs")
        found: list[UUID] = []
        while messages := sqs.receive_message(
            QueueUrl=os.environ["NOTIFICATION_QUEUE_URL"], MaxNumberOfMessages=10
        ).get("Messages"):
            found += [UUID(each) for message in messages for each in json.loads(message["Body"])["ids"]]
        return found

    def _insert(self, table: LiteralString, columns: dict[str, Any], **named: str) -> UUID:
        """Insert a row; `named` are texts that quote the row's other columns, unless given."""
        columns = {name: text.format(**columns) for name, text in named.items()} | columns
        statement = sql.SQL("insert into {} ({}) values ({}) returning id").format(
            sql.Identifier("public", table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(map(sql.Placeholder, columns)),
        )
        row = self.looking.execute(statement, columns).fetchone()
        assert row
        return row[0]


def database_secret_of(function: str) -> str:
    """`database-` and the trust level, as the template says."""
    found = re.search(
        rf"CodeUri: functions/{function}/\n.*?DATABASE_SECRET_ID: !Ref Database(\w+)Secret", TEMPLATE, re.S
    )
    assert found, f"no {function} in the template"
    return f"database-{found[1].lower()}"


def secret_values(database: "Database") -> dict[str, dict[str, str]]:
    return {
        **{f"database-{level}": {"url": database.login_url(level)} for level in TRUST_LEVELS},
        "razorpay": {
            "keyId": KEY_ID,
            "keySecret": KEY_SECRET,
        },
        "razorpay-webhook": {"secret": WEBHOOK_SECRET, "previousSecret": PREVIOUS_SECRET},
        "service-role": {"key": SERVICE_KEY},
        "link": {"key": "link-key-of-the-tests", "previousKey": ""},
        "device": {"key": "device-key-of-the-tests"},
    }


def close_connections() -> None:
    """Close this thread's connections, as the end of an execution environment does."""
    for level in TRUST_LEVELS:
        db._database(f"database-{level}").close()  # pyright: ignore[reportPrivateUsage]


def forget_everything() -> None:
    """As in a fresh execution environment."""
    close_connections()
    db._database.cache_clear()  # pyright: ignore[reportPrivateUsage]
    config.settings.cache_clear()
    secret_store.forget()
    for module in (handoff, ses, sns):
        module._client.cache_clear()  # pyright: ignore[reportPrivateUsage]
    pool._client.cache_clear()  # pyright: ignore[reportPrivateUsage]
    gateway._connect_once.cache_clear()  # pyright: ignore[reportPrivateUsage]


@contextmanager
def running(database: "Database", monkeypatch: pytest.MonkeyPatch) -> Generator[DeployedFunctions]:
    """The platform on a database, in a fresh AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws(), database.look() as looking:
        forget_everything()
        store: Any = boto3.client("secretsmanager")
        for name, value in secret_values(database).items():
            store.create_secret(Name=name, SecretString=json.dumps(value))
        queue: Any = boto3.client("sqs")
        monkeypatch.setenv("NOTIFICATION_QUEUE_URL", queue.create_queue(QueueName="notifications")["QueueUrl"])
        monkeypatch.setenv("DATABASE_SECRET_ID", "database-worker")
        try:
            yield DeployedFunctions(database, monkeypatch, looking)
        finally:
            forget_everything()


@contextmanager
def linked(deployed: DeployedFunctions) -> Generator[Link]:
    """Put a link that can be cut between the functions and their database."""
    with Link(deployed.database.cluster.port) as link, reaching_it_at(deployed, link.port):
        yield link


@contextmanager
def reaching_it_at(deployed: DeployedFunctions, port: int) -> Generator[None]:
    """The functions connect to their database at a port that passes on to it."""
    for login in TRUST_LEVELS:
        url = f"postgresql://{login}_login@127.0.0.1:{port}/{deployed.database.name}"
        deployed.put_secret(f"database-{login}", {"url": f"{url}?sslmode=disable&gssencmode=disable"})
    close_connections()
    try:
        yield
    finally:
        close_connections()
