"""`make bench`: what the platform costs, as ratios to what the same machine can do at best, measured in one run."""

import os
import platform
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import psycopg

from benchmarks import certificates, imports, notifications, reports, requests
from local.postgres import Cluster, free_port
from shared.log import logger
from sql.migrate import apply

ROOT = Path(__file__).parent.parent
LAYER_BUDGET_MB = 65
REQUIRED = (
    *("stage", "database_secret_id", "razorpay_base_url", "token_issuer", "token_client_ids", "token_jwks_url"),
    *("user_pool_id", "notification_queue_url", "email_from", "public_base_url", "allowed_origins"),
    *("documents_bucket", "recordings_bucket"),
)
"""Settings that a function must have and that nothing measured here depends on."""


def main() -> None:
    build = _build()
    (handler,) = logger.handlers
    handler.setStream(StringIO())  # pyright: ignore[reportAttributeAccessIssue] - lines are made, but not shown
    for layer in ("CommonLayer", "DocumentsLayer"):
        size = sum(path.stat().st_size for path in (build / layer).rglob("*") if path.is_file()) / 1e6
        _say(f"{layer}, unzipped, with bytecode", f"{size:.1f} MB", size <= LAYER_BUDGET_MB, f"{LAYER_BUDGET_MB} MB")
    for function, ratio in imports.measure(build).items():
        budget = imports.budget_of(function)
        _say(f"cold import of {function} / psycopg + pydantic", f"{ratio:.2f}x", ratio <= budget, f"{budget}x")
    printed = certificates.measure()
    rates = f"{printed.ratio:.1f}x ({printed.per_minute:.0f} a minute and processor)"
    budget = certificates.RATIO_BUDGET
    _say("certificate PDF / empty page with its fonts", rates, printed.ratio <= budget, f"{budget}x")
    with _database() as (superuser_url, worker_url):
        for request, ratio in requests.measure(superuser_url, worker_url).items():
            _say(f"warm {request} / one insert", f"{ratio:.2f}x", ratio <= requests.BUDGET, f"{requests.BUDGET}x")
    with _database() as (superuser_url, worker_url):
        drain = notifications.measure(superuser_url, worker_url)
        rates = f"{drain.ratio:.1f}x ({drain.notifications:.0f}/s, {drain.jobs:.0f}/s)"
        _say("notification drain / procrastinate", rates, drain.ratio >= notifications.RATIO_BUDGET, "10x")
        claim = f"{drain.claim_p99 * 1000:.1f} ms"
        _say("claim, 99th percentile", claim, drain.claim_p99 <= notifications.CLAIM_BUDGET_SECONDS, "50 ms")
    with _database() as (superuser_url, worker_url):
        _say_reports(superuser_url, worker_url)


def _say_reports(superuser_url: str, worker_url: str) -> None:
    admin_url = worker_url.replace("worker_login", "admin_login")
    costs, upkeep, funnel = reports.measure(superuser_url, admin_url, worker_url)
    for each in costs:
        figures = " / ".join(f"{milliseconds:.1f}" for milliseconds in each.milliseconds.values())
        _say(f"{each.report}, ms at 1k / 100k / 1M registrations", figures, each.largest <= reports.BUDGET_MS, "250 ms")
        if each.report == "overview":
            is_flat = each.growth <= reports.OVERVIEW_BUDGET
            _say(
                "overview at 1M registrations / at 1,000", f"{each.growth:.2f}x", is_flat, f"{reports.OVERVIEW_BUDGET}x"
            )
    waiting = f"overview at 1M, ms with {reports.CHANGES:,} changes not summed"
    _say(waiting, f"{upkeep.overview_ms:.1f}", upkeep.overview_ms <= reports.BUDGET_MS, "250 ms")
    folding = f"{upkeep.fold_ratio:.1f}x ({reports.CHANGES / upkeep.fold_seconds:.0f}/s)"
    _say("summing changes / writing them", folding, upkeep.fold_ratio <= reports.FOLD_BUDGET, f"{reports.FOLD_BUDGET}x")
    is_quick = upkeep.rebuild_seconds <= reports.REBUILD_BUDGET_SECONDS
    _say("all sums anew at 1M, s", f"{upkeep.rebuild_seconds:.0f}", is_quick, f"{reports.REBUILD_BUDGET_SECONDS} s")
    _say("funnel, ms at 5M events", f"{funnel.largest:.1f}", funnel.largest <= reports.BUDGET_MS, "250 ms")


def _build() -> Path:
    suffix = "-x86_64" if platform.machine() in ("x86_64", "AMD64") else ""
    build = ROOT / ".aws-sam" / f"build{suffix}"
    if not build.exists():
        sys.exit("nothing is built; run `make bench`, which builds first")
    return build


@contextmanager
def _database() -> Generator[tuple[str, str]]:
    """A fresh, durable server with the schema, by superuser and by worker_login."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder) / "data", free_port()).start()
        try:
            with psycopg.connect(cluster.url(), autocommit=True) as admin:
                admin.execute("create role platform_owner login createrole createdb")
                admin.execute("create database benchmark owner platform_owner")
            apply(cluster.url("benchmark", user="platform_owner"))
            yield cluster.url("benchmark"), cluster.url("benchmark", user="worker_login")
        finally:
            cluster.stop()


def _say(what: str, figure: str, is_within: bool, budget: str) -> None:
    print(f"{'ok  ' if is_within else 'OVER'}  {what:<58} {figure:>24}   budget {budget}", flush=True)


if __name__ == "__main__":
    os.environ |= {"AWS_DEFAULT_REGION": "ap-south-1", "TIME_ZONE": "Asia/Kolkata", "HOLD_MINUTES": "30"}
    os.environ |= {name.upper(): "benchmark" for name in REQUIRED}
    main()
