"""The export has everything that is kept about a person, and nothing of anybody else's."""

import json
from typing import Any

import psycopg
import pytest

from functions.personal_data.queries import ABOUT
from tests.deployed import DeployedFunctions
from tests.schema.conftest import sample, sample_conn
from tests.schema.world import person, populate, sample_rows

__all__ = ["sample", "sample_conn"]

# Reviewed: tables that hang on a person, and why their rows are not in the person's export.
NOT_ABOUT = {
    "broadcasts": "what an administrator told a course, in its name; the audit log's row is in the export",
    "certificate_changes": "a certificate's revocation, which the certificate's own row shows",
    "certificate_drafts": "a certificate for the seconds until it is printed",
    "fraud_reviews": "what an administrator found out, by ids; the audit log's row is in the administrator's export",
    "reconciliation_items": "our books against Razorpay's; the payment is in the export",
    "reconciliation_runs": "a comparison of everybody's payments, whoever asked for it",
    "session_recordings": "a course's recording, whoever uploaded it",
}
# Every table that refers to a person, or to a row that does, however far.
HANGING = """
    with recursive hanging (id) as (
        select 'public.profiles'::regclass::oid
        union
        select c.conrelid from hanging h join pg_constraint c on c.contype = 'f' and c.confrelid = h.id
    )
    select distinct c.relname::text from pg_class c
    left join hanging h on h.id = c.oid
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p')
        and not c.relispartition
        and (h.id is not null or exists (
            select from pg_attribute a
            where a.attrelid = c.oid and a.attname in ('user_id', 'email', 'phone', 'address', 'ip_address')
        ))
"""


def unknown(conn: psycopg.Connection) -> set[str]:
    return {name for (name,) in conn.execute(HANGING)} - ABOUT.keys() - NOT_ABOUT.keys()


def test_every_table_that_may_know_a_person_is_in_the_export_or_reviewed(sample_conn: psycopg.Connection) -> None:
    assert unknown(sample_conn) == set()


@pytest.mark.parametrize(
    "table",
    [
        "public.gifts (giver uuid references public.profiles (id))",
        "public.gifts (id uuid references public.refunds (id))",
        "public.gifts (email text)",
        "private.gifts (user_id uuid)",
    ],
)
def test_a_table_that_nobody_thought_of_is_found(sample_conn: psycopg.Connection, table: str) -> None:
    sample_conn.execute(f"create table {table}".encode())
    assert unknown(sample_conn) == {"gifts"}


@pytest.fixture(scope="module")
def inhabited(kept: DeployedFunctions) -> DeployedFunctions:
    with kept.database.look() as conn:
        populate(conn, sample_rows())
    for name in ("ann", "ben"):
        address = ("email", f"{name}@example.com", "bounce")
        kept.rows("insert into suppressed_addresses (type, address, reason) values (%s, %s, %s)", *address)
    kept.rows(
        """
        update webhook_logs set payload = jsonb_build_object(
            'payload', jsonb_build_object('payment', jsonb_build_object('entity', jsonb_build_object(
                'order_id', replace(event_id, 'evt_', 'order_')
            )))
        )
        """
    )
    return kept


def export(deployed: DeployedFunctions, name: str) -> dict[str, list[dict[str, Any]]]:
    answer = deployed.request("personal_data", "GET", "me/export", user=person(name))
    assert (answer.status, answer.body["truncated"]) == (200, [])
    return answer.body["data"]


def test_the_export_has_exactly_the_persons_rows(inhabited: DeployedFunctions) -> None:
    """Each person has one row of each kind; who is nobody's friend has a profile only."""
    ann, ben, carol = (export(inhabited, name) for name in ("ann", "ben", "carol"))
    # The world's administrator is whom ann and ben referred, and has an audit log.
    assert {table for table, rows in ann.items() if not rows} == {"admins", "admin_audit_logs"}
    assert {table for table, rows in carol.items() if rows} == {"profiles"}
    assert {str(person("ann")), str(person("ben"))} & set(words(carol)) == set()
    assert str(person("ben")) not in words(ann)
    assert str(person("ann")) not in words(ben)
    for table, rows in ann.items():
        counted: Any = f"select count(*) from {ABOUT[table][0]} t where {ABOUT[table][1]}"
        known = inhabited.looking.execute(counted, {"user": person("ann")}).fetchone()
        assert known == (len(rows),), table


def words(data: object) -> str:
    return json.dumps(data)


def test_a_condition_that_forgets_the_person_is_found(
    inhabited: DeployedFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ABOUT, "refunds", ("public.refunds", "true", "created_at"))
    assert len(export(inhabited, "carol")["refunds"]) == 2
