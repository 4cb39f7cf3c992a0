"""The SQL of docs/moving-from-supabase.md, run as the owner of a database like the one it is for."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from local.postgres import Cluster
from sql.migrate import apply
from tools.transform import ROOT

MOVE_ASIDE, COPY, COMPARE = re.findall(
    r"```sql\n(.*?)```", (ROOT / "docs/moving-from-supabase.md").read_text(), re.DOTALL
)
SUPABASE = """
create schema auth;
create table auth.users (
  id uuid primary key, email text, phone text, raw_user_meta_data jsonb, created_at timestamptz not null default now()
);
create table public.profiles (id uuid primary key);
create table public.events (
  id uuid primary key, title text, description text, category text, status text, start_date timestamptz,
  end_date timestamptz, max_participants integer, price numeric
);
create table public.registrations (
  id uuid primary key default gen_random_uuid(), user_id uuid, event_id uuid references public.events (id),
  payment_status text, created_at timestamptz not null default now()
);
create table public.payment_transactions (
  id uuid primary key default gen_random_uuid(), registration_id uuid, user_id uuid, razorpay_order_id text,
  razorpay_payment_id text, status text, amount numeric, currency text default 'INR',
  created_at timestamptz not null default now(), updated_at timestamptz not null default now()
);
insert into auth.users (id, email, phone, raw_user_meta_data)
select gen_random_uuid(), 'student' || n || '@example.com', case when n % 2 = 0 then '9198765432' || n end,
       case when n % 3 = 0 then '{"full_name": "A Student"}'::jsonb end
from generate_series(10, 29) n;
insert into public.events
select gen_random_uuid(), 'Course ' || n, null, 'technical', case when n = 1 then 'completed' else 'upcoming' end,
       now() + n * interval '1 day', now() + (n + 1) * interval '1 day', 50, 499.50 * n
from generate_series(1, 3) n;
insert into public.registrations (user_id, event_id, payment_status)
select u.id, e.id, case when e.title = 'Course 3' then 'pending' else 'completed' end
from auth.users u cross join public.events e;
insert into public.payment_transactions
  (registration_id, user_id, razorpay_order_id, razorpay_payment_id, status, amount)
select r.id, r.user_id, 'order_' || r.id, 'pay_' || r.id,
       case r.payment_status when 'completed' then 'success' else 'failed' end, e.price
from public.registrations r join public.events e on e.id = r.event_id;
"""


@pytest.fixture
def owner(cluster: Cluster, template: str) -> Iterator[psycopg.Connection]:
    """The owner's connection to a database that Supabase's platform has lived in (`template` makes the owner)."""
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("create database supabase owner platform_owner")
        with psycopg.connect(cluster.url("supabase", "platform_owner"), autocommit=True) as conn:
            conn.execute(SUPABASE.encode())
            yield conn
        admin.execute("drop database supabase with (force)")


def compare(conn: psycopg.Connection) -> tuple[object, ...]:
    with conn.transaction(force_rollback=True):
        for table in ("registrations", "payment_transactions"):
            conn.execute(f"alter table public.{table} no force row level security".encode())
        found = conn.execute(COMPARE.encode()).fetchone()
    assert found
    return found


def test_what_is_moved_is_all_there_and_as_protected_as_before(owner: psycopg.Connection) -> None:
    owner.execute(MOVE_ASIDE.encode())
    apply(url_of(owner))
    assert compare(owner) == (False, False), "the negative control: nothing is copied yet"
    owner.execute(COPY.encode())
    assert compare(owner) == (True, True)
    tables = "from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
    assert owner.execute(f"select bool_and(relforcerowsecurity) {tables}".encode()).fetchone() == (True,)


def url_of(conn: psycopg.Connection) -> str:
    return f"postgresql://{conn.info.user}@{conn.info.host}:{conn.info.port}/{conn.info.dbname}"
