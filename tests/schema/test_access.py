"""Who can do what to which table, tried for real and compared with a reviewed list."""

import difflib
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database
from tests.schema.access import measure, render
from tests.schema.world import spare_rows

EXPECTED = Path(__file__).parent / "expected_access.txt"
USERS_OWN_COLUMNS = {
    "public.in_app_notifications.read_at",
    "public.notification_preferences.enabled",
    "public.notification_preferences.updated_at",
    "public.recording_positions.position_seconds",
    "public.recording_positions.updated_at",
}
TABLES = """
    select format('%I.%I', n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname in ('public', 'private')
"""


def expected() -> str:
    lines = EXPECTED.read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("#"))


def compare(wanted: str, actual: str) -> str:
    return "".join(difflib.unified_diff(wanted.splitlines(True), actual.splitlines(True), "reviewed", "tried"))


def test_every_actor_can_do_exactly_what_the_reviewed_list_says(populated_on_each: Database) -> None:
    with populated_on_each.look() as conn:
        actual = render(measure(conn, spare_rows()))
    assert not (difference := compare(expected(), actual)), difference


def test_no_table_is_missing_from_the_list(sample_conn: psycopg.Connection) -> None:
    tables = {name for (name,) in sample_conn.execute(TABLES)}
    assert tables == {line.strip() for line in expected().splitlines() if not line.startswith(" ")}


def test_people_change_nothing_of_their_own_rows_but_these_columns(sample_conn: psycopg.Connection) -> None:
    outcomes = measure(sample_conn, spare_rows())
    changed = {
        f"{table}.{column}"
        for (table, verb, actor), cell in outcomes.items()
        if (verb, actor) == ("update", "owner")
        for column, result in cell.items()
        if result != "42501"
    }
    assert changed == USERS_OWN_COLUMNS


@pytest.mark.parametrize(
    ("table", "mistake"),
    [
        ("public.registrations", "alter table public.registrations disable row level security"),
        ("public.referrals", "create policy every on public.referrals for select to authenticated using (true)"),
        ("public.payment_transactions", "grant update (amount) on public.payment_transactions to authenticated"),
        ("public.refunds", "grant delete on public.refunds to service_role"),
        ("public.webhook_logs", "grant select on public.webhook_logs to anon"),
        ("public.events", "grant select on public.events to anon"),
        ("public.event_feedback", "grant truncate on public.event_feedback to app_admin"),
        ("public.referrals", "grant authenticated to user_login with inherit true"),
    ],
    ids=lambda text: text.removeprefix("public."),
)  # fmt: skip
def test_the_list_notices_a_mistake(sample_conn: psycopg.Connection, table: str, mistake: str) -> None:
    sample_conn.execute(mistake.encode())
    assert render(measure(sample_conn, spare_rows(), only=table)) not in expected()
