"""Our rows and the fake Razorpay's state, and ways to make them differ."""

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

from functions.payment_reconciliation import service
from local.razorpay.server import FakeRazorpay
from shared import clock
from shared.payments.gateway import gateway
from tests.deployed import Answer, DeployedFunctions
from tests.registrations.storefront import HeldSeat, Storefront

MONEY: LiteralString = """
    select (select jsonb_agg(to_jsonb(t) order by t.id) from payment_transactions t) as orders,
        (select jsonb_agg(to_jsonb(a) order by a.razorpay_payment_id) from payment_attempts a) as attempts,
        (select jsonb_agg(to_jsonb(f) order by f.id) from refunds f) as refunds,
        (select jsonb_agg(to_jsonb(r) order by r.id) from registrations r) as registrations,
        (select jsonb_agg(to_jsonb(n) order by n.id) from notifications_queue n) as notifications,
        (select jsonb_agg(to_jsonb(s) order by s.razorpay_settlement_id) from settlements s) as settlements,
        (select jsonb_agg(to_jsonb(s) order by s.razorpay_entity_id) from settlement_rows s) as settlement_rows,
        (select jsonb_agg(to_jsonb(i) order by i.id) from reconciliation_items i) as items
"""
"""Everything that a run can write except its own row."""


class AdjustableClock:
    """The fake Razorpay's clock, which a test can set back."""

    behind: float = 0.0

    def __call__(self) -> float:
        return time.time() - self.behind


@dataclass(frozen=True)
class ReconciliationScenario:
    deployed: DeployedFunctions
    razorpay: FakeRazorpay
    razorpay_clock: AdjustableClock
    slept: list[float] = field(default_factory=list[float])

    @property
    def storefront(self) -> Storefront:
        return Storefront(self.deployed, self.razorpay)

    @contextmanager
    def ago(self, **age: float) -> Generator[None]:
        """Razorpay's actions in this block are dated back by this age."""
        self.razorpay_clock.behind = timedelta(**age).total_seconds()
        yield
        self.razorpay_clock.behind = 0.0

    def held_seat(self, **registration: object) -> HeldSeat:
        """A held seat with an order at Razorpay."""
        user = self.deployed.profile()
        row = self.deployed.registration(user, self.deployed.event(), **registration)
        order = self.razorpay.open_order(49_900, receipt=row.hex)["id"]
        return HeldSeat(self.storefront, user, row, self.deployed.order(row, razorpay_order_id=order))

    def hold_seats(self, count: int, amount: int) -> list[str]:
        """Hold `count` seats of one event, each with an order; returns the order ids."""
        orders = [self.razorpay.open_order(amount)["id"] for _ in range(count)]
        self.deployed.rows(
            """
            with people as (
                insert into profiles (id, email)
                select id, id || '@example.com' from (select gen_random_uuid() as id from generate_series(1, %s)) ids
                returning id
            ), held as (
                insert into registrations (user_id, event_id, status, payment_status, amount, currency, hold_expires_at)
                select id, %s, 'pending', 'pending', %s, 'INR', now() + interval '30 minutes' from people
                returning id, user_id, amount
            )
            insert into payment_transactions (registration_id, user_id, razorpay_order_id, amount, currency)
            select h.id, h.user_id, o.id, h.amount, 'INR'
            from (select id, user_id, amount, row_number() over () as n from held) h
            join unnest(%s::text[]) with ordinality o (id, n) using (n)
            """,
            count,
            self.deployed.event(capacity=count),
            amount,
            orders,
        )
        return orders

    def paid_seat(self) -> tuple[HeldSeat, str]:
        """A paid seat that is known to both sides, and its payment id."""
        held = self.held_seat()
        payment = self.razorpay.pay(held.order_id)["id"]
        self.storefront.deliver()
        return held, payment

    def drop_webhooks(self) -> None:
        """Drop all undelivered webhooks."""
        self.razorpay.take()

    def sweep(self) -> dict[str, int]:
        """Run only the check of open orders, without a daily run that may be due."""
        service.start_due_runs(clock.now())
        self.deployed.rows(
            "update reconciliation_runs set status = 'finished', finished_at = now() where kind = 'daily'"
        )
        (counts,) = self.continue_runs()
        return counts

    def continue_runs(self, has_time: Callable[[], bool] = lambda: True) -> list[dict[str, int]]:
        """Continue runs as an invocation does; waits are recorded and not slept. Returns the counts of each run."""
        if os.environ["DATABASE_SECRET_ID"] != "database-worker":  # a request of an administrator changed it
            self.deployed.set(DATABASE_SECRET_ID="database-worker")
        return [run.counts for run in service.continue_runs(gateway(), has_time, self.slept.append)]

    def request(self, days: int = 10) -> UUID:
        """Request a run over the last days; the next invocation processes it."""
        return self.deployed.row(
            """
            insert into reconciliation_runs (kind, window_start, window_end)
            values ('requested', now() - %s, now() + interval '1 minute') returning id
            """,
            timedelta(days=days),
        )["id"]

    def reconcile(self, days: int = 10) -> dict[str, int]:
        """Finish a run over the last days; returns its counts."""
        run_id = self.request(days)
        self.continue_runs()
        row = self.deployed.row("select status, counts from reconciliation_runs where id = %s", run_id)
        assert row["status"] == "finished", row
        return row["counts"]

    def findings(self) -> list[tuple[str, str, bool]]:
        """All findings: entity id, verdict, and whether it was repaired."""
        rows = self.deployed.rows(
            """
            select razorpay_entity_id as id, verdict, repaired from reconciliation_items
            where verdict <> 'matched' order by created_at
            """
        )
        return [(row["id"], row["verdict"], row["repaired"]) for row in rows]

    def current_verdicts(self) -> dict[str, str]:
        """The latest verdict of each compared entity."""
        rows = self.deployed.rows(
            """
            select distinct on (razorpay_entity_id, comparison) razorpay_entity_id || ' ' || comparison as id, verdict
            from reconciliation_items order by razorpay_entity_id, comparison, created_at desc
            """
        )
        return {row["id"]: row["verdict"] for row in rows}

    def snapshot(self) -> dict[str, Any]:
        return self.deployed.row(MONEY)

    def post_as_service(self, body: object = None, key: str | None = None) -> Answer:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.deployed.request(
            "payment_reconciliation", "POST", "payment-reconciliation", headers=headers, body=body
        )
