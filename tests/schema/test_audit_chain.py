"""The audit log is one chain of hashes in which a changed, missing or forged row shows."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import scalar_row

from shared.actors import administrator
from shared.db import Database as AppDatabase
from tests.conftest import Database
from tests.schema.changes import changes
from tests.schema.world import person

SIGN = """
    insert into admin_audit_logs (admin_id, action, resource_type, resource_id) values (%s, 'refund', 'payment', %s)
"""
CHAIN = """
    select l.position, l.hash = private.audit_row_hash(l)
      and l.previous_hash = coalesce(lag(l.hash) over (order by l.position), '') as whole
    from admin_audit_logs l order by l.position
"""


def broken_links(conn: psycopg.Connection) -> list[int]:
    return [position for position, whole in conn.execute(CHAIN) if not whole]


def test_administrators_who_sign_at_once_make_one_whole_chain(conn: psycopg.Connection, populated: Database) -> None:
    pool = AppDatabase(lambda: populated.login_url("admin"))

    def sign(worker: int) -> None:
        for number in range(20):
            with pool.transaction(administrator(person("root"))) as app:
                app.execute(SIGN, [person("root"), f"{worker}-{number}"])
        pool.close()

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(sign, range(8)))
    positions = [position for position, _ in conn.execute(CHAIN)]
    assert positions == list(range(1, 2 + 8 * 20 + 1))
    assert broken_links(conn) == []


def test_a_change_behind_the_triggers_back_is_found_in_every_column(conn: psycopg.Connection) -> None:
    conn.execute(SIGN, [person("root"), "third"])
    assert broken_links(conn) == []
    for column, statement in changes(conn, "admin_audit_logs").items():
        with conn.transaction(force_rollback=True):
            conn.execute("set local session_replication_role = replica")
            conn.execute(sql.SQL("{} where position = 2").format(statement))
            assert broken_links(conn) != [], column


def test_a_row_taken_out_of_the_middle_is_found(conn: psycopg.Connection) -> None:
    conn.execute(SIGN, [person("root"), "third"])
    with conn.transaction(force_rollback=True):
        conn.execute("set local session_replication_role = replica")
        conn.execute("delete from admin_audit_logs where position = 2")
        assert broken_links(conn) == [3]


def test_an_administrator_signs_in_no_other_name(populated: Database) -> None:
    pool = AppDatabase(lambda: populated.login_url("admin"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), pool.transaction(administrator(person("root"))) as app:
        app.execute(SIGN, [person("ben"), "forged"])
    pool.close()


def test_the_chain_is_the_same_in_every_time_zone_and_language(conn: psycopg.Connection) -> None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        hashes = "select private.audit_row_hash(l) from admin_audit_logs l order by l.position"
        before = cursor.execute(hashes).fetchall()
        cursor.execute("set timezone = 'Asia/Kolkata'; set datestyle = 'German'; set intervalstyle = 'sql_standard'")
        cursor.execute("set extra_float_digits = -15; set bytea_output = 'escape'")
        assert cursor.execute(hashes).fetchall() == before
