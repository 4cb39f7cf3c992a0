"""I6: one flipped byte anywhere is found, and so is what was removed, put elsewhere or written anew."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import boto3
import pytest
from psycopg import sql

from shared import db
from shared.actors import SERVICE
from shared.certificates import chain, keys, storage, verify
from shared.certificates.models import canonical
from shared.certificates.walk import walk
from shared.certificates.walk_queries import list_certificates
from tests.certificates.certificate_platform import HEADS, Platform
from tests.deployed import SERVICE_KEY

COLUMNS: dict[LiteralString, LiteralString] = {
    "certificates": "id chain_position registration_id user_id event_id certificate_number verification_token content"
    " content_hash pdf_hash pdf_key pdf_url rule_version eligibility previous_hash blockchain_hash issued_at revoked_at"
    " revoke_reason replaced_by",
    "certificate_changes": "chain_position certificate_id revoked_at revoke_reason replaced_by previous_hash"
    " blockchain_hash",
    "certificate_tree_nodes": "level position hash",
    "certificate_tree_heads": "tree_size root_hash signed_at key_id signature object_key",
}
CHANGED: dict[str, LiteralString] = {
    "uuid": "gen_random_uuid()",
    "bigint": "{} + 1000",
    "integer": "{} + 1",
    "text": "overlay({} placing chr(ascii({}) # 1) from 1 for 1)",
    "bytea": "set_byte({}, 0, get_byte({}, 0) # 1)",
    "jsonb": "jsonb_set({}, '{{attendedMinutes}}', '9999')",
    "timestamp with time zone": "{} + interval '1 microsecond'",
}
EVERY_COLUMN: list[tuple[LiteralString, LiteralString]] = [
    (table, column) for table, columns in COLUMNS.items() for column in columns.split()
]


@pytest.fixture
def log(platform: Platform) -> Platform:
    """Five certificates, one of them revoked and one replaced, and a signed head over all of that."""
    return logged(platform)


def logged(platform: Platform, *, printed: bool = False) -> Platform:
    issued = platform.issue_many(5, "Student A", printed=printed)
    revoked = platform.admin("POST", f"/{issued[1].id}/revoke", body={"reason": "Issued by mistake"})
    reissued = platform.admin("POST", f"/{issued[2].id}/reissue", body={"recipientName": "Student Corrected"})
    assert (revoked.status, reissued.status) == (200, 201)
    assert platform.run_job()["signedTreeSize"] == 8
    return platform


def faults(*, with_heads: bool = True, with_files: bool = False) -> list[str]:
    stored = storage.list_keys(HEADS, "tree-heads/")
    heads = {key: (storage.get(HEADS, key) or b"").decode() for key in stored} if with_heads else None
    files = partial(storage.get, "documents") if with_files else None
    with db.transaction(SERVICE, read_only=True) as conn:
        return [str(fault) for fault in walk(conn, heads=heads, is_signed=keys.is_signed, files=files)]


def tamper(platform: Platform, *statements: LiteralString | sql.Composed) -> None:
    """As somebody who owns the database and switches its triggers and foreign keys off."""
    with platform.deployed.database.look() as conn:
        conn.execute("set session_replication_role = replica")
        for statement in statements:
            conn.execute(statement)


def test_an_untouched_log_has_no_faults(platform: Platform) -> None:
    logged(platform, printed=True)
    assert faults(with_files=True) == []


def test_one_changed_byte_in_any_column_is_found(log: Platform) -> None:
    missed: list[str] = []
    for table, column in EVERY_COLUMN:
        if not found_after(log, table, flip(log, table, column)):
            missed.append(f"{table}.{column}")
    assert missed == []
    assert faults() == []


def flip(log: Platform, table: LiteralString, column: LiteralString) -> sql.Composed:
    """The smallest change of one row's column."""
    found = log.deployed.row(
        "select data_type from information_schema.columns where table_name = %s and column_name = %s", table, column
    )
    changed = CHANGED[found["data_type"]]
    return sql.SQL(
        "update {0} set {1} = {2} where ctid = (select ctid from {0} where {1} is not null order by 1 desc limit 1)"
    ).format(
        sql.Identifier(table),
        sql.Identifier(column),
        sql.SQL(changed).format(*[sql.Identifier(column)] * changed.count("{}")),
    )


def found_after(log: Platform, table: LiteralString, *statements: LiteralString | sql.Composed) -> list[str]:
    """The faults after these statements, which are then undone."""
    name = sql.Identifier(table)
    tamper(log, sql.SQL("create table kept as select * from {}").format(name), *statements)
    found = faults()
    put_back(log, table)
    return found


def put_back(log: Platform, table: LiteralString) -> None:
    columns = log.deployed.rows(
        "select column_name from information_schema.columns where table_name = %s and is_generated = 'NEVER'", table
    )
    name = sql.Identifier(table)
    names = sql.SQL(", ").join(sql.Identifier(row["column_name"]) for row in columns)
    tamper(
        log,
        sql.SQL("delete from {}").format(name),
        sql.SQL("insert into {} ({}) select {} from kept").format(name, names, names),
        "drop table kept",
    )


def test_a_changed_pdf_is_found(platform: Platform) -> None:
    row = logged(platform, printed=True).deployed.row("select pdf_key from certificates where chain_position = 4")
    s3: Any = boto3.client("s3")
    pdf = bytearray(storage.get("documents", row["pdf_key"]) or b"")
    pdf[len(pdf) // 2] ^= 1
    s3.put_object(Bucket="documents", Key=row["pdf_key"], Body=bytes(pdf))
    assert faults() == []
    assert faults(with_files=True) == ["position 4: the PDF is not the one that was issued"]
    s3.delete_object(Bucket="documents", Key=row["pdf_key"])
    assert faults(with_files=True) == ["position 4: the PDF is missing"]


REMOVED_OR_MOVED: list[tuple[LiteralString, str, list[LiteralString]]] = [
    ("certificates", "position 4: the entry is missing", ["delete from certificates where chain_position = 4"]),
    ("certificates", "position 1: the entry is missing", ["delete from certificates where chain_position = 1"]),
    (
        "certificate_changes",
        "position 6: the entry is missing",
        ["delete from certificate_changes where chain_position = 6"],
    ),
    (
        "certificates",
        "position 4: the entry before it is another one",
        [
            "update certificates set chain_position = 100 where chain_position = 4",
            "update certificates set chain_position = 4 where chain_position = 5",
            "update certificates set chain_position = 5 where chain_position = 100",
        ],
    ),
    (
        "certificates",
        "position 6: it was logged as revoked and is not",
        ["update certificates set revoked_at = null, revoke_reason = null where chain_position = 2"],
    ),
    (
        "certificates",
        "position 1: its revocation is not what the log says",
        ["update certificates set revoked_at = now(), revoke_reason = 'x' where chain_position = 1"],
    ),
]


def test_what_was_removed_or_moved_is_found_where_it_was(log: Platform) -> None:
    for table, first, statements in REMOVED_OR_MOVED:
        assert found_after(log, table, *statements)[:1] == [first]
    assert faults() == []


def test_a_removed_end_is_found_by_what_was_signed(log: Platform) -> None:
    tamper(log, "delete from certificates where chain_position = 8", "delete from certificate_tree_heads")
    tamper(log, "delete from certificate_tree_nodes")
    assert "the tree is not what was signed and published" in " ".join(faults())


def test_a_log_written_anew_is_found_only_by_what_was_signed(log: Platform) -> None:
    """Somebody with every right on the database changes a name and computes all hashes again."""
    write_anew(log)
    tamper(log, "delete from certificate_tree_nodes", "delete from certificate_tree_heads")
    assert faults(with_heads=False) == []  # the negative control: the chain alone is in order again
    assert "the tree is not what was signed and published" in " ".join(faults())


def write_anew(log: Platform) -> None:
    with log.deployed.database.look() as conn:
        rows: Any = list_certificates(conn, 0, 5)  # pyright: ignore[reportArgumentType]
        conn.execute("set session_replication_role = replica")
        conn.execute("delete from certificate_changes")
        conn.execute("delete from certificates where chain_position > 5")
        previous = chain.EMPTY
        for row in rows:
            content = row.content.replace("Student A", "Mallory X")
            forged = replace(row, content=content, content_hash=chain.sha256(content), previous_hash=previous)
            previous = chain.leaf_hash(chain.certificate_leaf(forged))
            conn.execute(
                """
                update certificates set content = %s, content_hash = %s, previous_hash = %s, blockchain_hash = %s,
                    revoked_at = null, revoke_reason = null, replaced_by = null where id = %s
                """,
                (content, forged.content_hash, forged.previous_hash, previous, row.id),
            )


def test_a_head_that_we_did_not_sign_is_found(log: Platform) -> None:
    (key,) = storage.list_keys(HEADS, "")
    forged = (storage.get(HEADS, key) or b"").replace(b'"signature":"', b'"signature":"AA')
    storage.put_tree_head(f"{key}.json", forged.decode())
    assert [each.split(": ")[1] for each in faults()] == ["the published tree head is not signed by us"]


def test_the_command_says_so_with_published_keys_only(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logged(platform, printed=True)
    published = tmp_path / "keys.json"
    published.write_text(log.get("/keys").raw)
    options = ["--database-url", log.deployed.database.worker_url, "--tree-heads-bucket", HEADS]
    options += ["--documents-bucket", "documents", "--keys", str(published)]
    assert verify.main(options) == 0
    assert "intact; 1 signed heads agree" in capsys.readouterr().out
    tamper(log, "update certificates set issued_at = issued_at + interval '1 day' where chain_position = 5")
    assert verify.main(options) == 1
    assert capsys.readouterr().out.startswith("position 5: the entry does not have its hash")


SHOWN: list[tuple[LiteralString, LiteralString]] = [
    ("certificates", "update certificates set content = replace(content, 'Student A', 'Mallory')"),
    ("certificates", "update certificates set content = '{' where chain_position = 1"),
    ("certificates", "update certificates set pdf_hash = sha256('x') where chain_position = 1"),
    ("certificates", "update certificates set revoked_at = null, revoke_reason = null where chain_position = 2"),
    ("certificates", "update certificates set blockchain_hash = sha256('x') where chain_position = 1"),
    ("certificate_tree_heads", "update certificate_tree_heads set root_hash = sha256('x')"),
    ("certificate_tree_heads", "update certificate_tree_heads set signature = sha256('x')"),
    ("certificate_tree_nodes", "update certificate_tree_nodes set hash = sha256('x')"),
]


def test_a_verification_shows_nothing_of_a_record_that_was_changed(log: Platform) -> None:
    rows = log.deployed.rows("select verification_token as token from certificates order by chain_position limit 2")
    for table, change in SHOWN:
        assert all(log.get(token=row["token"]).body["integrity"]["intact"] for row in rows)
        tamper(log, sql.SQL("create table kept as select * from {}").format(sql.Identifier(table)), change)
        shown = [log.get(token=row["token"]).body for row in rows]
        broken = [each for each in shown if not each["integrity"]["intact"]]
        assert broken, change
        assert all(each["certificate"] is None and not each["valid"] for each in broken)
        put_back(log, table)


def test_no_role_of_the_lambdas_can_change_the_log(log: Platform) -> None:
    for table in COLUMNS:
        for statement in ("update {} set {} = {}", "delete from {}", "truncate {}"):
            column = sql.Identifier(COLUMNS[table].split()[0])
            refused = sql.SQL(statement).format(*[sql.Identifier(table), column, column][: statement.count("{}")])
            with pytest.raises(Exception, match=r"permission denied|append-only|only be revoked"):
                run(refused)


def run(statement: sql.Composed) -> None:
    with db.transaction(SERVICE) as conn:
        conn.execute(statement)


def test_heads_are_locked_where_they_are_stored(log: Platform) -> None:
    s3: Any = boto3.client("s3")
    assert s3.get_object_lock_configuration(Bucket=HEADS)["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"
    (key,) = storage.list_keys(HEADS, "")
    head = log.get("/tree-head").body
    assert (storage.get(HEADS, key) or b"").decode() == canonical(head)


def test_a_key_that_was_rotated_still_verifies(log: Platform) -> None:
    old = log.get("/tree-head").body["keyId"]
    log.deployed.put_secret("certificate", {"seed": "another", "previousSeed": "seed-of-the-tests"})
    assert faults() == []
    assert old in log.get("/keys").raw
    log.deployed.put_secret("certificate", {"seed": "another", "previousSeed": SERVICE_KEY})
    assert faults() != []
