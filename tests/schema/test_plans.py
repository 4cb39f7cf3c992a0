"""How PostgreSQL finds a person's rows among everybody's: by an index, with nothing done for each row."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from local.postgres import Cluster
from tests.conftest import cloned
from tests.schema.queries import OWN
from tests.schema.world import person

pytestmark = pytest.mark.xdist_group("plans")  # one worker fills one large database

ME = person("student 7")
ROWS = """
    set session_replication_role = replica;
    insert into profiles (id, email)
    select gen_random_uuid(), number || '@example.com' from generate_series(1, 2000) number;
    insert into profiles (id, email) values ('{me}', 'me@example.com');
    insert into admins (user_id) values ('{me}');
    insert into events (id, title, category, status, starts_at, ends_at, capacity)
    select gen_random_uuid(), 'Course', 'technical', (array['upcoming', 'draft'])[1 + number % 2], now(),
           now() + interval '2 hours', 1000
    from generate_series(1, 200) number;
    create temp table someone as select row_number() over () - 1 as n, id from profiles;
    create temp table something as select row_number() over () - 1 as n, id from events;
    insert into registrations (user_id, event_id, status, payment_status, amount, currency, created_at, confirmed_at)
    select p.id, e.id, 'confirmed', 'completed', 49900, 'INR', now() - number * interval '1 minute', now()
    from generate_series(1, 100000) number
    join someone p on p.n = number % 2001 join something e on e.n = number % 199;
    insert into payment_transactions (registration_id, user_id, razorpay_order_id, amount, currency)
    select id, user_id, 'order_' || id, amount, currency from registrations limit 20000;
    insert into refunds (payment_transaction_id, razorpay_payment_id, amount, currency, reason, idempotency_key)
    select id, 'pay_' || id, amount, currency, 'admin', 'refund_' || id from payment_transactions;
    insert into in_app_notifications (user_id, title, message, created_at)
    select user_id, 'Seat', 'Yours', created_at from registrations limit 20000;
    insert into session_recordings (event_id, video_url, processing_status)
    select id, 's3://recordings/1', 'ready' from events;
    set session_replication_role = origin;
    analyze;
"""
PAGES = {
    "registrations": "registrations_by_user",
    "payment_transactions": "payment_transactions_by_user",
    "in_app_notifications": "in_app_notifications_by_user",
}

POLICIED = """
    select format('%%I.%%I', schemaname, tablename) from pg_policies
    where %(role)s = any(roles) and cmd in ('ALL', 'SELECT')
        and has_any_column_privilege(%(role)s, format('%%I.%%I', schemaname, tablename), 'SELECT')
    group by schemaname, tablename
"""
SEEN_BY = {
    "anon": {"public.events", "public.event_sessions"},
    "authenticated": {f"public.{table}" for table in OWN},
    **dict.fromkeys(("app_admin", "service_role"), {f"public.{table}" for table in OWN} | {"public.webhook_logs"}),
}
"""At least; whatever else a role has a policy for is asked too."""

type Node = dict[str, Any]


@pytest.fixture(scope="module")
def large(template: str, cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a database of 100,000 registrations and 20,000 payments, refunds and messages."""
    with cloned(cluster, template) as database, database.look() as conn:
        conn.execute(ROWS.format(me=ME).encode())
        yield conn


def plan(conn: psycopg.Connection, query: str, role: str = "authenticated", *, scan: bool = True) -> Node:
    """The plan of a query in a person's request; without `scan` an index is used wherever one can be."""
    with conn.transaction(force_rollback=True):
        conn.execute("select set_config('enable_seqscan', %s, true)", ["on" if scan else "off"])
        login = {"service_role": "worker_login", "app_admin": "admin_login"}.get(role, "user_login")
        conn.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(login)))
        conn.execute("select public.begin_request(%s, %s)", [role, Jsonb({"sub": str(ME)})])
        answer = conn.execute(f"explain (format json) {query}".encode()).fetchone()
    assert answer is not None
    return answer[0][0]["Plan"]


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in root.get("Plans", []):
        yield from nodes(child)


def kinds(root: Node) -> set[str]:
    return {node["Node Type"] for node in nodes(root)}


def done_for_each_row(root: Node) -> list[str]:
    """The filters that call a function or run a subquery again for every row."""
    filters = [node.get("Filter", "") + node.get("Join Filter", "") for node in nodes(root)]
    return [text for text in filters if re.search(r"(?<!hashed )SubPlan|[a-z_]\(", text)]


def index_conditions(root: Node) -> str:
    return " ".join(node.get("Index Cond", "") for node in nodes(root))


@pytest.mark.parametrize("role", ["anon", "authenticated", "app_admin", "service_role"])
def test_no_policy_does_anything_for_each_row(large: psycopg.Connection, role: str) -> None:
    """R6 of the reliability rules, for every table that the role has a policy for."""
    tables = [table for (table,) in large.execute(POLICIED, {"role": role})]
    assert set(tables) >= SEEN_BY[role]
    done = {table: done_for_each_row(plan(large, f"select 1 from {table}", role, scan=False)) for table in tables}
    assert {table: filters for table, filters in done.items() if filters} == {}


@pytest.mark.parametrize("table", [table for table, condition in OWN.items() if condition.endswith("= {me}")])
def test_a_policy_finds_a_persons_rows_by_an_index(large: psycopg.Connection, table: str) -> None:
    assert "InitPlan" in index_conditions(plan(large, f"select 1 from public.{table}", scan=False))


@pytest.mark.parametrize("table", PAGES)
def test_a_page_of_ones_own_comes_from_the_index_in_order(large: psycopg.Connection, table: str) -> None:
    page = f"select * from public.{table} where user_id = '{ME}' order by created_at desc, id limit 20"
    found = plan(large, page)
    assert PAGES[table] in {node.get("Index Name") for node in nodes(found)}
    assert kinds(found) & {"Seq Scan", "Sort", "Bitmap Heap Scan"} == set()


QUESTIONS = {
    "one's registration for a course": f"select 1 from registrations where user_id = '{ME}' and event_id = '{ME}'",
    "the refunds of a payment": f"select 1 from refunds where payment_transaction_id = '{ME}'",
    "one's refunds": f"""select r.id from payment_transactions t join refunds r on r.payment_transaction_id = t.id
        where t.user_id = '{ME}'""",
    "unread messages": f"select count(*) from in_app_notifications where user_id = '{ME}' and read_at is null",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_person_never_waits_for_everybodys_rows(large: psycopg.Connection, question: str) -> None:
    assert "Seq Scan" not in kinds(plan(large, QUESTIONS[question]))


REPORTS = {
    "a course's seats": f"select count(*) from registrations where event_id = '{ME}' and status = 'confirmed'",
    "to review": "select 1 from payment_transactions where review_reason is not null order by created_at limit 50",
    "a day": "select 1 from payment_transactions where paid_at >= now() and paid_at < now() + interval '1 day'",
    "failed": "select 1 from payment_transactions where status = 'failed' order by created_at limit 50",
    "a person's registrations": f"select 1 from registrations where user_id = '{ME}' order by created_at desc limit 50",
}


@pytest.mark.parametrize("report", REPORTS)
def test_an_administrators_page_comes_from_an_index(large: psycopg.Connection, report: str) -> None:
    assert "Seq Scan" not in kinds(plan(large, REPORTS[report], "app_admin"))


NEWEST = {
    "admin_audit_logs": "position desc",
    "certificates": "issued_at desc, id desc",
    "disputes": "created_at desc, id",
    "events": "starts_at desc, id desc",
    "reconciliation_items": "created_at desc, id desc",
    "reconciliation_runs": "started_at desc, id desc",
    "refunds": "created_at desc, id",
    "registrations": "created_at desc, id",
    "settlements": "settled_at desc, razorpay_settlement_id",
    "webhook_logs": "received_at desc, id",
}


@pytest.mark.parametrize("table", NEWEST)
def test_the_newest_of_everybodys_rows_are_not_sorted_out_of_all(large: psycopg.Connection, table: str) -> None:
    page = f"select 1 from {table} order by {NEWEST[table]} limit 50"
    assert "Sort" not in kinds(plan(large, page, "app_admin", scan=False))


def test_a_page_without_its_index_is_found(large: psycopg.Connection) -> None:
    with large.transaction(force_rollback=True):
        large.execute("drop index certificates_by_time")
        page = f"select 1 from certificates order by {NEWEST['certificates']} limit 50"
        assert "Sort" in kinds(plan(large, page, "app_admin", scan=False))


def test_a_condition_for_each_row_is_found(large: psycopg.Connection) -> None:
    with large.transaction(force_rollback=True):
        large.execute(
            "create function public.is_admin() returns boolean language plpgsql stable as 'begin return false; end'"
        )
        large.execute("create policy admins_too on registrations for select to authenticated using (public.is_admin())")
        assert done_for_each_row(plan(large, "select 1 from registrations", scan=False)) != []


def test_an_operator_that_may_leak_keeps_its_index_unused(large: psycopg.Connection) -> None:
    with large.transaction(force_rollback=True):
        large.execute("create type kind as enum ('a', 'b')")
        large.execute("alter table refunds add column kind kind, add column word text")
        large.execute("create index by_kind on refunds (kind)")
        large.execute("create index by_word on refunds (word)")
        assert "by_kind" not in str(plan(large, "select 1 from refunds where kind = 'a'", scan=False))
        assert "by_word" in str(plan(large, "select 1 from refunds where word = 'a'", scan=False))
