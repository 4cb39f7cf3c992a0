"""Migrations that would stop or break the functions that run while they are applied (squawk)."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sql.migrate import MIGRATIONS

# What is declined, because yoyo applies each file in one transaction or because a number is small on purpose.
DECLINED = (
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "require-concurrent-index-creation",
    "require-lock-timeout",
    "require-statement-timeout",
    "constraint-missing-not-valid",
    "adding-foreign-key-constraint",
)


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    squawk = shutil.which("squawk", path=Path(sys.executable).parent)
    assert squawk is not None, "squawk is missing; run: make setup"
    options = ["--assume-in-transaction", "--pg-version=15.0", f"--exclude={','.join(DECLINED)}"]
    return subprocess.run([squawk, *options, *files], capture_output=True, text=True, check=False)


def test_no_migration_breaks_what_is_running() -> None:
    done = lint(*sorted(MIGRATIONS.glob("*.sql")))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "alter table public.events drop column title;",
        "alter table public.events rename column title to name;",
        "alter table public.events alter column capacity type text;",
        "alter table public.events add column room text not null;",
    ],
)
def test_one_that_does_is_found(statement: str, tmp_path: Path) -> None:
    migration = tmp_path / "999_bad.sql"
    migration.write_text(statement)
    assert lint(migration).returncode != 0
