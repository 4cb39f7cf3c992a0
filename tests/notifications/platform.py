"""What the tests of notifications arrange and look at: people, queued rows, AWS, and the functions' doors."""

import json
import logging
import os
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import boto3
import psycopg
import pytest
from psycopg.rows import dict_row

from functions.account import handler as account
from functions.send_notifications import handler as send_notifications
from functions.send_notifications.providers import ses, sns
from shared import config, db, secrets
from shared.actors import SERVICE
from shared.notifications import handoff
from shared.notifications.models import Notice
from shared.notifications.service import enqueue
from tests.conftest import Database

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
    """A fresh AWS and the environment that the template gives the functions."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto_url}.items():
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{moto_url}/moto-api/reset", method="POST")).close()
    forget_clients()
    store: Any = boto3.client("secretsmanager")
    for name, value in secret_values(database).items():
        store.create_secret(Name=name, SecretString=json.dumps(value))
    boto3.client("sesv2").create_email_identity(EmailIdentity=ENVIRONMENT["EMAIL_FROM"])
    platform = Platform(database, moto_url, monkeypatch)
    monkeypatch.setenv("NOTIFICATION_QUEUE_URL", platform.create_queues())
    forget_clients()
    try:
        yield platform
    finally:
        for secret_id in ("database-worker", "database-app"):
            db._database(secret_id).close()  # pyright: ignore[reportPrivateUsage]
        db._database.cache_clear()  # pyright: ignore[reportPrivateUsage] - the next test has another database
        forget_clients()


def secret_values(database: Database) -> dict[str, dict[str, str]]:
    return {
        "database-worker": {"url": database.worker_url},
        "database-app": {"url": database.app_url},
        "service-role": {"key": SERVICE_KEY},
        "link": {"key": "link-key-of-the-tests", "previousKey": ""},
        "providers": {"sendgridApiKey": "SG.test", "twilioAccountSid": "AC0", "twilioAuthToken": "token"},
    }


def forget_clients() -> None:
    """As in a fresh execution environment."""
    config.settings.cache_clear()
    secrets.forget()
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
class Platform:
    """A database with people in it, and the functions in front of it."""

    database: Database
    moto_url: str
    monkeypatch: pytest.MonkeyPatch

    def create_queues(self) -> str:
        sqs: Any = boto3.client("sqs")
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "5"})
        attributes = {"VisibilityTimeout": "0", "RedrivePolicy": policy}
        return sqs.create_queue(QueueName="notifications", Attributes=attributes)["QueueUrl"]

    def set(self, **environment: str) -> None:
        """Change settings, as a parameter of the template would."""
        for name, value in environment.items():
            self.monkeypatch.setenv(name.upper(), value)
        forget_clients()

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
                "insert into profiles (id, email, full_name, phone, language) values (%s, %s, %s, %s, %s)",
                (user_id, email or f"{user_id}@example.com", name, phone, language),
            )
        return user_id

    def people(self, count: int) -> list[UUID]:
        ids = [uuid4() for _ in range(count)]
        with self.database.look() as conn, conn.cursor() as cursor:
            rows = [(user_id, f"{user_id}@example.com", "Asha Rao", "+919876543210") for user_id in ids]
            cursor.executemany("insert into profiles (id, email, full_name, phone) values (%s, %s, %s, %s)", rows)
        return ids

    def enqueue(self, *notices: Notice) -> list[UUID]:
        """As a function does, without the hand-off; returns the new rows."""
        with db.transaction(SERVICE) as conn:
            enqueue(conn, notices)
            return list(conn.enqueued)

    def rows(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.database.superuser_url, autocommit=True, row_factory=dict_row) as conn:
            cursor = conn.execute(statement, arguments)  # pyright: ignore[reportArgumentType, reportCallIssue]
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

    def moto(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.moto_url}/moto-api/data.json") as answer:
            return json.load(answer)

    def texts(self) -> list[dict[str, Any]]:
        return self.moto()["sns"].get("SMS", [])

    def mails(self) -> list[dict[str, Any]]:
        return self.moto()["ses"].get("Message", [])

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
        self.set(database_secret_id="database-app")
        event = http_event(method, f"/functions/v1/{path}", user_id=user_id, body=body, query=query)
        answer = _answer(account.lambda_handler(event, Context()))  # pyright: ignore[reportArgumentType]
        self.set(database_secret_id="database-worker")
        return answer


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
