"""Our books and Razorpay's, and ways to make them differ."""

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
from tests.deployed import Answer, Deployed
from tests.registrations.school import Held, School

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
"""Everything that a run could write but its own row."""


class Calendar:
    """Razorpay's clock, which a test sets back."""

    behind: float = 0.0

    def __call__(self) -> float:
        return time.time() - self.behind


@dataclass(frozen=True)
class Books:
    deployed: Deployed
    razorpay: FakeRazorpay
    calendar: Calendar
    slept: list[float] = field(default_factory=list[float])

    @property
    def school(self) -> School:
        return School(self.deployed, self.razorpay)

    @contextmanager
    def ago(self, **age: float) -> Generator[None]:
        """What Razorpay does in this block happened then."""
        self.calendar.behind = timedelta(**age).total_seconds()
        yield
        self.calendar.behind = 0.0

    def order(self, **registration: object) -> Held:
        """A held seat with an order at Razorpay."""
        user = self.deployed.profile()
        row = self.deployed.registration(user, self.deployed.event(), **registration)
        order = self.razorpay.open_order(49_900, receipt=row.hex)["id"]
        return Held(self.school, user, row, self.deployed.order(row, razorpay_order_id=order))

    def sell(self, count: int, amount: int) -> list[str]:
        """As many held seats of one course, each with an order; the orders."""
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

    def paid(self) -> tuple[Held, str]:
        """A seat that was paid, as both sides know; and the payment."""
        held = self.order()
        payment = self.razorpay.pay(held.order_id)["id"]
        self.school.deliver()
        return held, payment

    def lose_webhooks(self) -> None:
        """Whatever waits to be delivered never arrives."""
        self.razorpay.take()

    def sweep(self) -> dict[str, int]:
        """Ask about open orders, as the schedule does, without the daily run that may be due too."""
        service.start_due_runs(clock.now())
        self.deployed.rows(
            "update reconciliation_runs set status = 'finished', finished_at = now() where kind = 'daily'"
        )
        (counts,) = self.work_off()
        return counts

    def work_off(self, has_time: Callable[[], bool] = lambda: True) -> list[dict[str, int]]:
        """What an invocation does, with waits that are noted and not waited; the counts of each run."""
        if os.environ["DATABASE_SECRET_ID"] != "database-worker":  # an administrator has asked for something
            self.deployed.set(DATABASE_SECRET_ID="database-worker")
        return [run.counts for run in service.continue_runs(gateway(), has_time, self.slept.append)]

    def request(self, days: int = 10) -> UUID:
        """Ask for the last days, up to now; whoever works next does it."""
        return self.deployed.row(
            """
            insert into reconciliation_runs (kind, window_start, window_end)
            values ('requested', now() - %s, now() + interval '1 minute') returning id
            """,
            timedelta(days=days),
        )["id"]

    def reconcile(self, days: int = 10) -> dict[str, int]:
        """A run over the last days to its end; its counts."""
        run_id = self.request(days)
        self.work_off()
        row = self.deployed.row("select status, counts from reconciliation_runs where id = %s", run_id)
        assert row["status"] == "finished", row
        return row["counts"]

    def found(self) -> list[tuple[str, str, bool]]:
        """All findings: what, the verdict, whether it was repaired."""
        rows = self.deployed.rows(
            """
            select razorpay_entity_id as id, verdict, repaired from reconciliation_items
            where verdict <> 'matched' order by created_at
            """
        )
        return [(row["id"], row["verdict"], row["repaired"]) for row in rows]

    def stands(self) -> dict[str, str]:
        """The newest verdict of each thing that was compared."""
        rows = self.deployed.rows(
            """
            select distinct on (razorpay_entity_id, comparison) razorpay_entity_id || ' ' || comparison as id, verdict
            from reconciliation_items order by razorpay_entity_id, comparison, created_at desc
            """
        )
        return {row["id"]: row["verdict"] for row in rows}

    def everything(self) -> dict[str, Any]:
        return self.deployed.row(MONEY)

    def ask_service(self, body: object = None, key: str | None = None) -> Answer:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.deployed.request(
            "payment_reconciliation", "POST", "payment-reconciliation", headers=headers, body=body
        )
