"""Health: the build, the database, its migrations and the age of what is queued, for everybody to see."""

from typing import Any

from functions.status import service
from sql.migrate import MIGRATIONS
from tests.deployed import DeployedFunctions, linked, secret_values


def health(deployed: DeployedFunctions) -> tuple[int, dict[str, Any]]:
    answer = deployed.request("status", "GET", "health")
    return answer.status, answer.body


def test_a_migrated_database_with_nothing_due_is_well(deployed: DeployedFunctions) -> None:
    assert health(deployed) == (
        200,
        {
            "status": "ok",
            "stage": "test",
            "build": "1",
            "database": "reachable",
            "migrations": "applied",
            "queueAgeSeconds": 0,
        },
    )


def test_the_migrations_are_those_of_the_source() -> None:
    assert service.expected_migrations() == {path.stem for path in MIGRATIONS.glob("*.sql")} != set()


def test_a_database_without_a_migration_of_the_build_is_behind(deployed: DeployedFunctions) -> None:
    newest = max(service.expected_migrations())
    row = deployed.row("delete from migration_history._yoyo_migration where migration_id = %s returning *", newest)
    status, body = health(deployed)
    columns = ", ".join(row)
    deployed.looking.execute(
        f"insert into migration_history._yoyo_migration ({columns}) values ({', '.join(['%s'] * len(row))})".encode(),
        list(row.values()),
    )
    assert (status, body["status"], body["migrations"]) == (200, "degraded", "behind")


def test_a_database_that_something_else_migrated_is_unknown_and_one_from_before_is_behind(
    deployed: DeployedFunctions,
) -> None:
    deployed.rows("alter table migration_history._yoyo_migration rename to elsewhere")
    _, unknown = health(deployed)
    deployed.rows("alter table migration_history.elsewhere rename to _yoyo_migration")
    deployed.rows("alter function private.applied_migrations() rename to elsewhere")
    _, before = health(deployed)
    deployed.rows("alter function private.elsewhere() rename to applied_migrations")
    assert (unknown["status"], unknown["migrations"]) == ("ok", "unknown")
    assert (before["status"], before["migrations"]) == ("degraded", "behind")


def test_notifications_that_wait_for_long_are_seen_without_seeing_them(deployed: DeployedFunctions) -> None:
    for minutes in (-60, 10, 16):
        deployed.rows(
            "insert into notifications_queue (user_id, type, channel, template, dedupe_key, scheduled_for)"
            " values (%s, 'email', 'alert', 'x', %s, now() - make_interval(mins => %s))",
            deployed.profile(),
            str(minutes),
            minutes,
        )
    _, body = health(deployed)
    assert body["status"] == "degraded"
    assert 960 <= body["queueAgeSeconds"] < 1020
    deployed.rows("update notifications_queue set status = 'sent' where dedupe_key = '16'")
    _, body = health(deployed)
    assert body["status"] == "ok"
    assert 600 <= body["queueAgeSeconds"] < 660


def test_without_the_database_it_is_a_503(deployed: DeployedFunctions) -> None:
    with linked(deployed) as link:
        link.refusing = True
        status, body = health(deployed)
    for name, value in secret_values(deployed.database).items():
        deployed.put_secret(name, value)
    assert (status, body["database"], body["queueAgeSeconds"]) == (503, "unreachable", None)
