"""Every change is written down for good, without what belongs to a person, and whoever alters the log is found out."""

from collections.abc import Iterator
from typing import Any, LiteralString

import pytest
from psycopg import sql

from shared.actors import SERVICE, administrator
from shared.audit.service import Administrator
from shared.audit.verify import main
from shared.audit.walk import AuditCheckpoint, head, walk
from shared.db import Database as AppDatabase
from tests.admin.admin_client import AdminClient
from tests.schema.changes import changes

# Recomputes every hash from a position on, as somebody with all rights over the database would.
WRITE_ANEW: LiteralString = """
    do $$
    declare
      audit public.admin_audit_logs;
    begin
      for audit in select * from public.admin_audit_logs order by position loop
        audit.previous_hash := coalesce(
          (select hash from public.admin_audit_logs where position = audit.position - 1), '');
        update public.admin_audit_logs
        set previous_hash = audit.previous_hash, hash = private.audit_row_hash(audit)
        where position = audit.position;
      end loop;
    end
    $$
"""


@pytest.fixture
def log(client: AdminClient) -> Iterator[AdminClient]:
    """Five changes in the log, which a tester with all rights may alter until the end of the test."""
    for number in range(5):
        record(client, f"course.{number}", new={"number": number})
    with client.deployed.looking.transaction(force_rollback=True):
        client.deployed.rows("set local session_replication_role = replica")
        yield client


def record(client: AdminClient, action: str, **values: Any) -> None:
    who = Administrator(client.admin, "203.0.113.7", "tests", "request-1")
    database = AppDatabase(lambda: client.deployed.database.login_url("admin"))
    with database.transaction(administrator(client.admin)) as conn:
        who.record(conn, action, "course", "1", **values)
    database.close()


def faults(client: AdminClient, noted: AuditCheckpoint | None = None) -> list[str]:
    conn: Any = client.deployed.looking
    return [str(fault) for fault in walk(conn, noted)]


def noted(client: AdminClient) -> AuditCheckpoint:
    conn: Any = client.deployed.looking
    found = head(conn)
    assert found is not None
    return found


def test_a_log_that_nobody_touched_is_intact(log: AdminClient) -> None:
    assert faults(log, noted(log)) == []


def test_a_change_of_any_column_of_any_row_is_found_where_it_is(log: AdminClient) -> None:
    for position in (1, 3, 5):
        for column, statement in changes(log.deployed.looking, "admin_audit_logs").items():
            with log.deployed.looking.transaction(force_rollback=True):
                log.deployed.looking.execute(sql.SQL("{} where position = {}").format(statement, position))
                first = (faults(log) or ["intact"])[0]
            assert first.startswith(f"position {position}:"), (position, column, first)


@pytest.mark.parametrize("position", [1, 3])
def test_a_missing_row_is_named(log: AdminClient, position: int) -> None:
    log.deployed.rows("delete from admin_audit_logs where position = %s", position)
    assert faults(log)[0] == f"position {position}: missing"


def test_a_missing_end_is_found_by_what_was_noted_and_only_by_that(log: AdminClient) -> None:
    before = noted(log)
    log.deployed.rows("delete from admin_audit_logs where position >= 4")
    assert faults(log) == []
    assert faults(log, before) == ["position 4: missing, up to the noted position 5"]


def test_two_rows_in_each_others_place_are_found(log: AdminClient) -> None:
    log.deployed.rows("update admin_audit_logs set position = -position where position in (2, 3)")
    log.deployed.rows("update admin_audit_logs set position = 5 + position where position in (-2, -3)")
    assert faults(log)[0] == "position 2: the row before it is another one"
    assert "position 3: altered, or moved from another position" in faults(log)


def test_a_row_with_a_hash_made_to_fit_is_found_by_the_row_after_it(log: AdminClient) -> None:
    log.deployed.rows("update admin_audit_logs set action = 'harmless' where position = 3")
    log.deployed.rows("update admin_audit_logs l set hash = private.audit_row_hash(l) where position = 3")
    assert faults(log) == ["position 4: the row before it is another one"]


def test_everything_written_anew_is_found_by_what_was_noted_and_only_by_that(log: AdminClient) -> None:
    before = noted(log)
    log.deployed.rows("update admin_audit_logs set action = 'harmless' where position = 3")
    log.deployed.rows(WRITE_ANEW)
    assert faults(log) == []
    assert faults(log, before) == ["position 5: not the row that was noted"]


def test_a_function_made_to_lie_hides_nothing(log: AdminClient) -> None:
    log.deployed.rows("update admin_audit_logs set action = 'harmless' where position = 3")
    log.deployed.rows(
        "create or replace function private.audit_row_hash(audit admin_audit_logs) returns bytea language sql"
        " stable set search_path = '' as $$ select audit.hash $$"
    )
    assert faults(log)[0] == "position 3: altered, or moved from another position"


def test_the_command_says_what_it_found(client: AdminClient, capsys: pytest.CaptureFixture[str]) -> None:
    url = ["--database-url", client.deployed.database.worker_url]
    assert main(url) == 0
    record(client, "course.publish")
    capsys.readouterr()
    assert main(url) == 0
    printed = capsys.readouterr().out.strip()
    assert printed.startswith("the log is intact; noted: 1:")
    assert main([*url, "--noted", printed.rpartition(" ")[2]]) == 0
    assert main([*url, "--noted", f"2:{'0' * 64}"]) == 1
    assert "position 2: missing" in capsys.readouterr().out


def test_the_service_may_walk_the_log_and_not_write_to_it(client: AdminClient) -> None:
    record(client, "course.publish")
    database = AppDatabase(lambda: client.deployed.database.worker_url)
    with database.transaction(SERVICE, read_only=True) as conn:
        assert list(walk(conn)) == []
    database.close()


def test_what_belongs_to_a_person_is_masked_however_deep_it_lies(client: AdminClient) -> None:
    person = {"fullName": "Asha Rao", "phone": "+919876543210", "email": "", "age": 30}
    record(client, "x", new={"title": "Rust", "people": [{"who": person}, [{"ip_address": "203.0.113.9"}]]})
    [row] = client.audit_rows()
    assert row["new_values"] == {
        "title": "Rust",
        "people": [
            {"who": {"fullName": "***", "phone": "***", "email": "", "age": 30}},
            [{"ip_address": "***"}],
        ],
    }


def test_the_log_is_read_by_every_filter_and_in_pages(client: AdminClient) -> None:
    other = AdminClient(client.deployed, client.deployed.profile(admin=True))
    for number in range(3):
        record(client, f"course.{number}", new={"number": number})
    record(other, "course.0")
    everything = client.request("GET", "audit-logs").body["auditLogs"]
    assert [each["position"] for each in everything] == [4, 3, 2, 1]
    assert everything[1]["newValues"] == {"number": 2}
    for query, found in (
        ({"adminId": str(other.admin)}, everything[:1]),
        ({"action": "course.0"}, [everything[0], everything[3]]),
        ({"action": "course.0", "adminId": str(client.admin)}, everything[3:]),
        ({"resourceType": "course", "resourceId": "2"}, []),
        ({"since": everything[2]["createdAt"], "until": everything[0]["createdAt"]}, everything[1:3]),
    ):
        assert client.request("GET", "audit-logs", **query).body["auditLogs"] == found, query
    first = client.request("GET", "audit-logs", limit="3").body
    rest = client.request("GET", "audit-logs", limit="3", cursor=first["nextCursor"]).body
    assert first["auditLogs"] + rest["auditLogs"] == everything
    assert rest["nextCursor"] is None
    for cursor in ("x", "!", "LTE"):
        assert client.request("GET", "audit-logs", cursor=cursor).status == 422
