"""What was received, audited or certified stays as it was, whoever asks: even a superuser's statement is refused."""

from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.conftest import Database
from tests.schema.changes import changes
from tests.schema.world import NOW, certificate, person

# The columns of each table that may still change; every other one is frozen once the row is there.
MAY_CHANGE = {
    "admin_audit_logs": set[str](),
    "certificates": {"revoked_at", "revoke_reason", "replaced_by"},
    "certificate_changes": set[str](),
    "certificate_tree_heads": set[str](),
    "certificate_tree_nodes": set[str](),
    "receipts": set[str](),
    "webhook_logs": {"status", "outcome", "error", "processed_at", "payload", "event_type"},
}


def outcome(conn: psycopg.Connection, statement: sql.Composed) -> str:
    """The SQLSTATE it ends with, 00000 for success; undone either way."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate or ""
    return "00000"


@pytest.mark.parametrize("table", MAY_CHANGE)
def test_every_other_column_refuses_to_change(sample_conn: psycopg.Connection, table: str) -> None:
    outcomes = {column: outcome(sample_conn, statement) for column, statement in changes(sample_conn, table).items()}
    assert {column for column, state in outcomes.items() if state != "42501"} == MAY_CHANGE[table], outcomes


@pytest.mark.parametrize("table", MAY_CHANGE)
def test_no_row_can_be_removed(sample_conn: psycopg.Connection, table: str) -> None:
    for verb in ("delete from {}", "truncate {} cascade"):
        assert outcome(sample_conn, sql.SQL(verb).format(sql.Identifier("public", table))) == "42501"


def test_without_the_trigger_the_same_change_goes_through(conn: psycopg.Connection) -> None:
    conn.execute("alter table public.webhook_logs disable trigger user")
    assert outcome(conn, changes(conn, "webhook_logs")["body"]) == "00000"


def test_the_tables_owner_cannot_empty_them_either(sample: Database) -> None:
    with psycopg.connect(sample.owner_url, autocommit=True) as owner:
        for table in MAY_CHANGE:
            assert outcome(owner, sql.SQL("truncate {} cascade").format(sql.Identifier("public", table))) == "42501"
            assert owner.execute(f"delete from public.{table}".encode()).rowcount == 0


REVOKE = "update certificates set revoked_at = %s, revoke_reason = 'fraud', replaced_by = %s where chain_position = 1"


def refused(conn: psycopg.Connection, statement: str, *values: object) -> bool:
    return outcome(conn, sql.SQL(statement).format(*values)) == "42501"  # pyright: ignore[reportArgumentType]


def test_a_certificate_is_revoked_once_and_stays_revoked(conn: psycopg.Connection) -> None:
    conn.execute(REVOKE, [NOW, None])
    assert refused(conn, "update certificates set revoked_at = null, revoke_reason = null where chain_position = 1")
    assert refused(conn, "update certificates set revoke_reason = 'other' where chain_position = 1")
    assert refused(conn, "update certificates set revoked_at = now() where chain_position = 1")


def reissue(conn: psycopg.Connection, replaced_by: UUID | None, new: UUID) -> None:
    """A second certificate of ann's registration in one transaction, after what happened to her first."""
    old = conn.execute(
        "select registration_id, user_id, event_id from certificates where chain_position = 1"
    ).fetchone()
    assert old is not None
    row = certificate(7, dict(zip(("registration_id", "user_id", "event_id"), old, strict=True))) | {"id": new}
    with conn.transaction():
        conn.execute(REVOKE, [NOW, replaced_by])
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join([sql.Placeholder()] * len(row))
        conn.execute(sql.SQL("insert into certificates ({}) values ({})").format(names, places), list(row.values()))


def test_a_reissued_certificate_takes_the_place_of_the_old_one(conn: psycopg.Connection) -> None:
    new = uuid4()
    reissue(conn, new, new)
    current = "select id from certificates where replaced_by is null and user_id = %s"
    assert conn.execute(current, [person("ann")]).fetchall() == [(new,)]
    assert refused(conn, "update certificates set replaced_by = null where chain_position = 1")


def test_one_registration_never_has_two_current_certificates(conn: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation, match="certificates_one_per_registration"):
        reissue(conn, None, uuid4())


def test_a_certificate_cannot_be_replaced_by_none_that_exists(conn: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        reissue(conn, uuid4(), uuid4())


def test_what_a_delivery_said_is_parsed_once(conn: psycopg.Connection) -> None:
    conn.execute("update webhook_logs set payload = '{}', status = 'processed', processed_at = now()")
    assert refused(conn, "update webhook_logs set payload = null")
    conn.execute("update webhook_logs set status = 'failed', error = 'later'")
