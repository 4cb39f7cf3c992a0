"""A platform that the tests of a module share, emptied before each: far cheaper than a database of its own for each."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.postgres import Cluster
from shared import config
from tests.conftest import cloned
from tests.deployed import DeployedFunctions, running

EMPTY = """
    truncate public.profiles, public.events, public.analytics_events, public.webhook_logs, public.settlements,
        public.settlement_rows, private.report_changes, private.report_quarters, private.report_events,
        private.report_referrers, private.report_visits, private.report_funnel, private.report_progress,
        private.analytics_quotas cascade
"""


@pytest.fixture(scope="module")
def kept(cluster: Cluster, template: str, request: pytest.FixtureRequest) -> Iterator[DeployedFunctions]:
    pooler = request.getfixturevalue("pgbouncer") if request.config.getoption("--pgbouncer") else None
    with (
        pytest.MonkeyPatch.context() as patch,
        cloned(cluster, template, pooler) as database,
        running(database, patch) as platform,
    ):
        yield platform


@pytest.fixture
def emptied(kept: DeployedFunctions, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeployedFunctions]:
    """The shared platform with nobody and nothing in it; changed settings last for one test."""
    config.settings.cache_clear()
    with kept.database.look() as conn:
        conn.execute("set session_replication_role = replica")  # some tables refuse to be truncated
        conn.execute(EMPTY)
    kept.handed_off()
    yield replace(kept, monkeypatch=monkeypatch)
    config.settings.cache_clear()
