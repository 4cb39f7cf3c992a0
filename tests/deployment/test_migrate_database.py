"""The function that migrates during a deployment, on a server that asks the logins for their passwords."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import psycopg
import pytest

from functions.migrate_database import handler
from local.postgres import Cluster, free_port
from shared import db
from shared.actors import ANONYMOUS, SERVICE
from shared.db import login_url
from shared.errors import Unavailable
from shared.invocations import InvocationFailed
from sql.migrate import LOCK_SECONDS, MIGRATIONS
from tests.conftest import FAST, Database, create_owner
from tests.deployed import DeployedFunctions, running
from tests.log import Log
from tools.transform import ROOT

invoke: Any = handler.lambda_handler
EVENT: dict[str, Any] = json.loads((ROOT / "events/migrate_database/deploy.json").read_text())
PASSWORDS = {"public": "pass word:/@odd?&%40", "user": "of-user", "admin": "of-admin", "worker": "of-worker"}
LOGINS = ",".join(f"{level}_login" for level in PASSWORDS)
RULES = f"host all {LOGINS} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"


@pytest.fixture(scope="module")
def strict_cluster(server_folder: Path) -> Iterator[Cluster]:
    server = Cluster(server_folder / "strict", free_port(), settings=FAST).start()
    try:
        create_owner(server)
        (server.folder / "pg_hba.conf").write_text(RULES)
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute("select pg_reload_conf()")
        yield server
    finally:
        server.stop()


@pytest.fixture
def empty(strict_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedFunctions]:
    """The platform on a database without a schema, its secrets as the template makes them."""
    with psycopg.connect(strict_cluster.url(), autocommit=True) as admin:
        admin.execute("drop database if exists empty with (force)")
        admin.execute("create database empty owner platform_owner")
    with running(Database(strict_cluster, "empty"), monkeypatch) as platform:
        for login, password in PASSWORDS.items():
            platform.put_secret(f"database-{login}", {"username": f"{login}_login", "url": "", "password": password})
        store: Any = boto3.client("secretsmanager")
        owner = json.dumps({"username": "platform_owner", "password": "unasked"})
        store.create_secret(Name="database-owner", SecretString=owner)
        platform.set(
            **{f"{level.upper()}_DATABASE_SECRET_ID": f"database-{level}" for level in PASSWORDS},
            DATABASE_SECRET_ID="database-owner",
            DATABASE_ADDRESS=f"postgresql://127.0.0.1:{strict_cluster.port}/empty?application_name=deployment",
        )
        yield platform


@contextmanager
def cloudformation() -> Generator[tuple[str, list[dict[str, Any]]]]:
    """Where a deployment waits for the answer, and what came."""
    answers: list[dict[str, Any]] = []

    class Bucket(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            assert self.headers["content-type"] == "", "S3 would refuse the signature"
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Bucket) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/response?signed", answers
        finally:
            server.shutdown()
            thread.join()


def deploy(platform: DeployedFunctions, kind: str = "Update") -> list[dict[str, Any]]:
    """One run in a deployment; returns what CloudFormation was answered."""
    with cloudformation() as (url, answers):
        try:
            invoke({**EVENT, "RequestType": kind, "ResponseURL": url}, platform.context)
        finally:
            assert len(answers) == 1
    return answers


def test_an_empty_database_is_ready_for_the_functions_and_a_second_run_changes_nothing(
    empty: DeployedFunctions,
) -> None:
    (first,), (second,) = deploy(empty, "Create"), deploy(empty)
    count = len(list(MIGRATIONS.glob("*.sql")))
    assert [first["Reason"], second["Reason"]] == [f"{count} migrations applied", "0 migrations applied"]
    assert {first["Status"], second["Status"]} == {"SUCCESS"}
    assert first["PhysicalResourceId"] == second["PhysicalResourceId"], "another id would replace the resource"
    assert all(first[name] == EVENT[name] for name in ("StackId", "RequestId", "LogicalResourceId"))
    for login, actor in {"public": ANONYMOUS, "user": ANONYMOUS, "worker": SERVICE}.items():
        empty.set(DATABASE_SECRET_ID=f"database-{login}")
        with db.transaction(actor) as conn:
            assert conn.execute("select session_user").fetchone() == (f"{login}_login",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute("create temporary table mine (id int)")


def test_a_login_with_another_password_is_not_let_in(empty: DeployedFunctions) -> None:
    """The negative control of the passwords above; and the next run sets what the secret then says."""
    deploy(empty)
    empty.put_secret("database-user", {"username": "user_login", "url": "", "password": "rotated"})
    empty.set(DATABASE_SECRET_ID="database-user")
    with pytest.raises(Unavailable), db.transaction(ANONYMOUS):
        pass
    empty.set(DATABASE_SECRET_ID="database-owner")
    assert invoke({"source": "operator"}, empty.context) == {"applied": []}
    empty.set(DATABASE_SECRET_ID="database-user")
    with db.transaction(ANONYMOUS):
        pass


def test_the_servers_log_never_shows_a_password(empty: DeployedFunctions, strict_cluster: Cluster) -> None:
    empty.rows("alter database empty set log_statement = 'all'")
    deploy(empty)
    log = (strict_cluster.folder / "server.log").read_text(errors="replace")
    assert "alter role" in log
    assert "SCRAM-SHA-256$" in log
    assert not [password for password in PASSWORDS.values() if password in log]


def test_a_migration_that_fails_ends_the_deployment_and_leaves_nothing_of_itself(
    empty: DeployedFunctions, log: Log
) -> None:
    empty.rows("create table public.registrations (id integer)")
    with cloudformation() as (url, answers), pytest.raises(InvocationFailed, match="DuplicateTable"):
        invoke({**EVENT, "ResponseURL": url}, empty.context)
    assert [each["Status"] for each in answers] == ["FAILED"]
    assert "DuplicateTable; see the log of" in answers[0]["Reason"]
    assert 'relation "registrations" already exists' in [line.get("reason") for line in log.lines]
    assert empty.row("select to_regclass('public.profiles') as made") == {"made": None}


def test_a_migration_does_not_queue_everybody_behind_a_lock_it_cannot_have(empty: DeployedFunctions) -> None:
    with empty.database.look() as holder:
        holder.execute("begin")
        holder.execute("create schema private")
        with pytest.raises(InvocationFailed, match="LockNotAvailable"), cloudformation() as (url, _):
            invoke({**EVENT, "ResponseURL": url}, empty.context)
        waited = holder.execute("select extract(epoch from clock_timestamp() - now())").fetchone()
    assert waited
    assert waited[0] >= LOCK_SECONDS


def test_a_stack_that_is_deleted_leaves_the_schema(empty: DeployedFunctions) -> None:
    assert deploy(empty, "Delete")[0]["Status"] == "SUCCESS"
    assert empty.row("select to_regclass('public.profiles') as made") == {"made": None}, "nothing was touched"


@pytest.mark.parametrize(
    ("login", "address", "url"),
    [
        ({"url": "postgresql://a:b@host:1/d?sslmode=require"}, "", "postgresql://a:b@host:1/d?sslmode=require"),
        ({"username": "a", "password": "b", "url": ""}, "postgresql://host/d?x=y", "postgresql://a:b@host/d?x=y"),
        ({"username": "a", "password": "@/:", "url": "postgresql://host/d"}, "", "postgresql://a:%40%2F%3A@host/d"),
        ({"username": "a", "password": "b", "url": "postgresql://c:d@host/d"}, "x", "postgresql://c:d@host/d"),
        ({"username": "a", "password": "b", "url": "postgresql://c@host/d"}, "x", "postgresql://c:b@host/d"),
        ({"url": "postgresql://host/d"}, "", "postgresql://host/d"),
    ],
)
def test_a_url_says_what_it_says_and_the_secret_adds_the_rest(login: dict[str, str], address: str, url: str) -> None:
    assert login_url(login, address) == url
