"""Draining in-app notifications, beside procrastinate's worker running no-op jobs on the same database.

Also the claim with 100,000 finished rows beside it, and how long a low one waits behind urgent ones.
"""

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import procrastinate
import psycopg

from functions.send_notifications import queries
from functions.send_notifications.service import PER_RUN, DeliveryPorts, deliver
from shared.actors import SERVICE
from shared.db import Database

NOTIFICATIONS = 20_000
JOBS = 1_000
FINISHED = 100_000
CONCURRENCY = 10
CLAIM_BUDGET_SECONDS = 0.050
RATIO_BUDGET = 10
PROBE = UUID(int=0)


@dataclass(frozen=True)
class Drain:
    """Rates in rows a second; the claim's 99th percentile in seconds."""

    notifications: float
    jobs: float
    claim_p99: float

    @property
    def ratio(self) -> float:
        return self.notifications / self.jobs

    @property
    def is_within_budget(self) -> bool:
        return self.ratio >= RATIO_BUDGET and self.claim_p99 <= CLAIM_BUDGET_SECONDS


def measure(superuser_url: str, worker_url: str) -> Drain:
    """On a migrated, otherwise empty database. The settings of a function must be in the environment."""
    jobs = asyncio.run(procrastinate_rate(superuser_url))
    database = Database(lambda: worker_url)
    try:
        queue(superuser_url, FINISHED, "sent")
        queue(superuser_url, NOTIFICATIONS, "pending")
        claim_p99 = claim_percentile(database)
        return Drain(drain_rate(database), jobs, claim_p99)
    finally:
        database.close()


def queue(superuser_url: str, count: int, status: str) -> None:
    with psycopg.connect(superuser_url, autocommit=True) as conn:
        conn.execute(
            """
            with people as (
                insert into public.profiles (id, email)
                select gen_random_uuid(), gen_random_uuid() || '@example.com' from generate_series(1, 1000)
                returning id
            ), numbered as (select id, row_number() over () as n from people)
            insert into public.notifications_queue (user_id, type, channel, template, data, dedupe_key, status)
            select p.id, 'in_app', 'transactional', 'waitlist_joined', '{"eventTitle": "Deep Rust"}',
                gen_random_uuid()::text, %(status)s
            from generate_series(1, %(count)s) g join numbered p on p.n = g %% 1000 + 1
            """,
            {"count": count, "status": status},
        )
        conn.execute("analyze public.notifications_queue")


def claim_percentile(database: Database) -> float:
    """Seconds for which 99 of 100 claims of a run's rows are done; the claims are rolled back."""

    class Undo(Exception):
        pass

    took: list[float] = []
    for _ in range(100):
        try:
            with database.transaction(SERVICE) as conn:
                began = time.perf_counter()
                queries.claim(conn, PROBE, 150, None, PER_RUN)
                took.append(time.perf_counter() - began)
                raise Undo
        except Undo:
            continue
    return statistics.quantiles(took, n=100)[98]


def drain_rate(database: Database) -> float:
    ways = DeliveryPorts(lambda: database.transaction(SERVICE), senders={}, push=lambda _: None, has_time=lambda: True)
    began, delivered = time.perf_counter(), 0
    while counts := deliver(ways).counts:
        delivered += counts.total()
    return delivered / (time.perf_counter() - began)


async def procrastinate_rate(superuser_url: str) -> float:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=superuser_url))

    @app.task
    async def nothing(number: int) -> None:  # pyright: ignore[reportUnusedParameter]
        return

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        jobs: list[dict[str, Any]] = [{"number": n} for n in range(JOBS)]
        await nothing.batch_defer_async(*jobs)
        began = time.perf_counter()
        await app.run_worker_async(wait=False, concurrency=CONCURRENCY, install_signal_handlers=False)
        return JOBS / (time.perf_counter() - began)
