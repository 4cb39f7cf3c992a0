"""What the tests of notifications arrange and look at: people, queued rows, AWS, and the functions' doors."""

import json
import logging
import os
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from psycopg.rows import dict_row

from functions.account import handler as account
from functions.send_notifications import handler as send_notifications
from functions.send_notifications.models import ClaimedNotification, InboxRow
from functions.send_notifications.providers import ses, sns
from functions.send_notifications.service import DeliveryPorts, Send
from shared import config, db, secret_store
from shared.actors import SERVICE
from shared.notifications import handoff
from shared.notifications.models import Channel, Notice
from shared.notifications.service import enqueue
from tests.conftest import Database
from tests.deployed import TRUST_LEVELS

REGION = "ap-south-1"
SERVICE_KEY = "service-key-of-the-tests"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "STAGE": "test",
    "DATABASE_SECRET_ID": "database-worker",
    "SERVICE_ROLE_SECRET_ID": "service-role",
    "LINK_SECRET_ID": "link",
    "PROVIDER_SECRET_ID": "providers",
    "RAZORPAY_BASE_URL": "http://razorpay.invalid",
    "TOKEN_ISSUER": "https://issuer.example.com/pool",
    "TOKEN_CLIENT_IDS": "app",
    "TOKEN_JWKS_URL": "http://issuer.invalid/jwks.json",
    "USER_POOL_ID": "",
    "EMAIL_FROM": "courses@example.com",
    "PUBLIC_BASE_URL": "https://api.example.com",
    "ALLOWED_ORIGINS": "https://app.example.com",
    "TIME_ZONE": "Asia/Kolkata",
    "HOLD_MINUTES": "30",
    "DOCUMENTS_BUCKET": "documents",
    "RECORDINGS_BUCKET": "recordings",
    "NOTIFICATION_QUEUE_URL": "",
}


@contextmanager
def configured(database: Database, moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Generator["Platform"]:
    """A fresh AWS and the environment that the template gives the functions, in front of a database."""
    environment = Environment(moto_url, monkeypatch)
    environment.start(secret_values(database))
    try:
        yield Platform(moto_url, monkeypatch, database)
    finally:
        for level in TRUST_LEVELS:
            db._database(f"database-{level}").close()  # pyright: ignore[reportPrivateUsage]
        db._database.cache_clear()  # pyright: ignore[reportPrivateUsage] - the next test has another database
        environment.set(aws_endpoint_url=moto_url)


@cache
def client(service: str) -> Any:
    """A client of the tests' own, made once: making one takes longer than most tests."""
    return boto3.client(service)  # pyright: ignore[reportCallIssue, reportArgumentType]


def secret_values(database: Database | None = None) -> dict[str, dict[str, str]]:
    return {
        **{f"database-{level}": {"url": database.login_url(level) if database else ""} for level in TRUST_LEVELS},
        "service-role": {"key": SERVICE_KEY},
        "link": {"key": "link-key-of-the-tests", "previousKey": ""},
        "providers": {"sendgridApiKey": "SG.test", "twilioAccountSid": "AC0", "twilioAuthToken": "token"},
    }


def forget_clients() -> None:
    """As in a fresh execution environment."""
    secret_store.forget()
    for module in (ses, sns, handoff):
        module._client.cache_clear()  # pyright: ignore[reportPrivateUsage]


@dataclass
class Context:
    """What Lambda tells a function about its execution."""

    remaining_ms: int = 60_000
    aws_request_id: str = "test"
    function_name: str = "test"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:ap-south-1:123456789012:function:test"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass(frozen=True)
class Environment:
    """AWS by moto, and the settings of the functions."""

    moto_url: str
    monkeypatch: pytest.MonkeyPatch

    def start(self, values: dict[str, dict[str, str]]) -> None:
        """A fresh account with these secrets, a verified sender and the queues."""
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            self.monkeypatch.delenv(name)
        self.set(**{**ENVIRONMENT, "AWS_ENDPOINT_URL": self.moto_url})
        urllib.request.urlopen(urllib.request.Request(f"{self.moto_url}/moto-api/reset", method="POST")).close()
        for name, value in values.items():
            client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
        client("sesv2").create_email_identity(EmailIdentity=ENVIRONMENT["EMAIL_FROM"])
        self.set(notification_queue_url=self._create_queues())

    def set(self, **environment: str) -> None:
        """Change settings, as a parameter of the template would."""
        moves = {name.upper() for name in environment} & {"AWS_ENDPOINT_URL"}
        moved = bool(moves) and os.environ.get("AWS_ENDPOINT_URL") not in {None, *environment.values()}
        for name, value in environment.items():
            self.monkeypatch.setenv(name.upper(), value)
        config.settings.cache_clear()
        secret_store._kept.clear()  # pyright: ignore[reportPrivateUsage]
        if moved:
            forget_clients()

    def _create_queues(self) -> str:
        """Visibility zero, so that a test sees a failed message again at once."""
        sqs = client("sqs")
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "5"})
        attributes = {"VisibilityTimeout": "0", "RedrivePolicy": policy}
        return sqs.create_queue(QueueName="notifications", Attributes=attributes)["QueueUrl"]

    def put_secret(self, name: str, value: dict[str, str]) -> None:
        client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(value))
        secret_store._kept.clear()  # pyright: ignore[reportPrivateUsage]

    def moto(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.moto_url}/moto-api/data.json") as answer:
            return json.load(answer)

    def texts(self) -> list[dict[str, Any]]:
        return self.moto()["sns"].get("SMS", [])

    def mails(self) -> list[dict[str, Any]]:
        return self.moto()["ses"].get("Message", [])


@dataclass(frozen=True)
class Platform(Environment):
    """A database with people in it, and the functions in front of it."""

    database: Database

    def person(
        self,
        email: str | None = None,
        *,
        name: str = "Asha Rao",
        phone: str | None = "+919876543210",
        language: str = "en",
    ) -> UUID:
        user_id = uuid4()
        with self.database.look() as conn:
            conn.execute(
                "insert into profiles (id, email, full_name, phone, phone_verified_at, language)"
                " values (%s, %s, %s, %s, now(), %s)",
                (user_id, email or f"{user_id}@example.com", name, phone, language),
            )
        return user_id

    def people(self, count: int) -> list[UUID]:
        ids = [uuid4() for _ in range(count)]
        with self.database.look() as conn, conn.cursor() as cursor:
            rows = [(user_id, f"{user_id}@example.com", "Asha Rao", "+919876543210") for user_id in ids]
            cursor.executemany(
                "insert into profiles (id, email, full_name, phone, phone_verified_at) values (%s, %s, %s, %s, now())",
                rows,
            )
        return ids

    def enqueue(self, *notices: Notice) -> list[UUID]:
        """As a function does, without the hand-off; returns the new rows."""
        with db.transaction(SERVICE) as conn:
            enqueue(conn, notices)
            return list(conn.enqueued)

    def rows(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        with self.database.look() as conn:
            cursor = conn.cursor(row_factory=dict_row)
            cursor.execute(statement, arguments)  # pyright: ignore[reportArgumentType, reportCallIssue]
            return cursor.fetchall() if cursor.description else []

    def queued(self, notification_id: UUID) -> dict[str, Any]:
        return self.rows("select * from notifications_queue where id = %s", notification_id)[0]

    def states(self) -> dict[str, int]:
        found = self.rows("select status, count(*) as n from notifications_queue group by status")
        return {row["status"]: row["n"] for row in found}

    def pass_time(self, seconds: float) -> None:
        """Move the database's clock by moving everything that it compares with."""
        self.rows(
            "update notifications_queue set scheduled_for = scheduled_for - make_interval(secs => %s),"
            " lease_until = lease_until - make_interval(secs => %s),"
            " handed_off_at = handed_off_at - make_interval(secs => %s) where status = 'pending'",
            seconds,
            seconds,
            seconds,
        )

    def ways(
        self,
        send: Send,
        *,
        has_time: Callable[[], bool] = lambda: True,
        push: Callable[[Sequence[InboxRow]], None] = lambda _: None,
        lease_seconds: int = 150,
    ) -> DeliveryPorts:
        """The same delivery with a provider made for the test."""
        return DeliveryPorts(
            transact=lambda: db.transaction(SERVICE),
            senders={"email": send, "sms": send},
            push=push,
            has_time=has_time,
            lease_seconds=lease_seconds,
        )

    def mail_to(self, *user_ids: UUID, times: int = 1) -> list[UUID]:
        """Queue a mail for each of these people."""
        data: dict[str, str | int | None] = {"eventTitle": "Deep Rust"}
        return self.enqueue(
            *(
                Notice(each, "waitlist_joined", f"{n}", data, types=("email",))
                for each in user_ids
                for n in range(times)
            )
        )

    def sweep(self, context: Context | None = None) -> dict[str, Any]:
        event = {"source": "schedule", "job": "send-notifications"}
        return send_notifications.lambda_handler(event, context or Context())  # pyright: ignore[reportArgumentType]

    def post_run(self, bearer: str | None = SERVICE_KEY) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {bearer}"} if bearer is not None else {}
        event = http_event("POST", "/functions/v1/send-notifications", headers=headers)
        return _answer(send_notifications.lambda_handler(event, Context()))  # pyright: ignore[reportArgumentType]

    def drain(self, *bodies: Any, context: Context | None = None) -> dict[str, Any]:
        event = sqs_event([body if isinstance(body, str) else json.dumps(body) for body in bodies])
        return send_notifications.lambda_handler(event, context or Context())  # pyright: ignore[reportArgumentType]

    def account(
        self, method: str, path: str, user_id: UUID | None = None, *, body: Any = None, **query: str
    ) -> tuple[int, Any]:
        self.set(database_secret_id="database-admin")
        event = http_event(method, f"/functions/v1/{path}", user_id=user_id, body=body, query=query)
        answer = _answer(account.lambda_handler(event, Context()))  # pyright: ignore[reportArgumentType]
        self.set(database_secret_id="database-worker")
        return answer


def claimed_mail(user_id: UUID, channel: Channel = "transactional", **changes: Any) -> ClaimedNotification:
    """A broadcast to one person as the sender gets it."""
    given: dict[str, Any] = {
        "id": uuid4(),
        "user_id": user_id,
        "type": "email",
        "channel": channel,
        "template": "broadcast",
        "data": {"eventTitle": "Deep Rust", "title": "News", "message": "A new course"},
        "retry_count": 0,
        "email": "asha@example.com",
        "phone": "+919876543210",
        "full_name": "Asha Rao",
        "language": "en",
        "erased": False,
        "wanted": True,
        "suppressed": None,
    }
    return ClaimedNotification(**given | changes)


def http_event(
    method: str,
    path: str,
    *,
    user_id: UUID | None = None,
    groups: str = "",
    headers: dict[str, str] | None = None,
    body: Any = None,
    query: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A request as API Gateway's HTTP API hands it over (payload 2.0)."""
    claims = {"sub": str(user_id), "client_id": "app", "token_use": "access"}
    claims |= {"cognito:groups": groups} if groups else {}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": query or {},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7", "userAgent": "tests"},
            "stage": "$default",
            "requestId": "request",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}} if user_id else {},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def sqs_event(bodies: list[str]) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"message-{n}", "body": body, "eventSource": "aws:sqs"} for n, body in enumerate(bodies)
        ]
    }


def _answer(answer: dict[str, Any]) -> tuple[int, Any]:
    body = answer.get("body") or ""
    return answer["statusCode"], json.loads(body) if body.startswith("{") else body
