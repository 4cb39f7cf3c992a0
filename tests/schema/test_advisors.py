"""Supabase's own database advisors (splinter) over the schema, as an outside opinion."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Database, cloned
from tests.schema.conftest import Server
from tools.postgres_versions import advisors

# Advice that was read and declined; everything else fails, whatever its level.
DECLINED = {
    "rls_enabled_no_policy": {
        "private.analytics_events_default": "rows reach it through the table it is a partition of, whose policies hold",
    },
    "unused_index": {"*": "nothing was queried yet in a database that was just migrated"},
}
MISTAKES = """
    create table public.open (id int, parent uuid references public.profiles (id));
    grant select on public.open to anon;
    create view public.everybody as select * from public.profiles;
    grant select on public.everybody to anon;
    create function public.loose() returns int language sql as 'select 1';
    create policy again on public.refunds for select to authenticated using (true);
    create policy anything on public.refunds for update to authenticated using (true);
    create index registrations_again on public.registrations (event_id, status);
"""


@dataclass(frozen=True)
class Advice:
    status: int
    findings: list[dict[str, str]]

    def undeclined(self) -> list[str]:
        return [finding["cacheKey"] for finding in self.findings if not declined(finding)]


def declined(finding: dict[str, str]) -> bool:
    objects = DECLINED.get(finding["name"], {})
    return finding["level"] == "INFO" and ("*" in objects or any(f"`{name}`" in finding["detail"] for name in objects))


def advise(database: Database, home: Path) -> Advice:
    """Ask about public and private; most lints are silent unless the API is said to serve those schemas."""
    with database.look() as conn:
        conn.execute(f"alter database {database.name} set pgrst.db_schemas = 'public,private'".encode())
    flags = ["--type", "all", "--level", "info", "--fail-on", "warn", "--agent", "no", "--output-format", "json"]
    done = subprocess.run(
        [advisors(), "db", "advisors", f"--remote={database.superuser_url}?sslmode=disable", *flags],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "DO_NOT_TRACK": "1"},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stderr
    return Advice(done.returncode, json.loads(done.stdout)["results"])


@pytest.fixture
def migrated(server: Server) -> Iterator[Database]:
    with cloned(server.cluster, server.template) as database:
        yield database


def test_supabase_has_nothing_to_advise(migrated: Database, tmp_path: Path) -> None:
    advice = advise(migrated, tmp_path)
    assert advice.undeclined() == []
    assert advice.status == 0
    assert any(finding["name"] == "unused_index" for finding in advice.findings)


def test_supabase_sees_the_mistakes_in_a_bad_schema(database: Database, tmp_path: Path) -> None:
    with database.look() as conn:
        conn.execute(MISTAKES)
    advice = advise(database, tmp_path)
    assert advice.status != 0
    undeclined = {finding["name"] for finding in advice.findings if not declined(finding)}
    assert undeclined >= {
        "rls_disabled_in_public",
        "no_primary_key",
        "unindexed_foreign_keys",
        "security_definer_view",
        "function_search_path_mutable",
        "multiple_permissive_policies",
        "rls_policy_always_true",
        "duplicate_index",
    }
