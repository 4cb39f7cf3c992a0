"""A platform in which the same things can be planted again and again, run by its schedules, and seen as a whole."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from importlib import import_module
from threading import Barrier
from typing import Any, LiteralString
from uuid import UUID

import time_machine
from moto.cognitoidp.models import cognitoidp_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from psycopg import sql

from local.razorpay.server import FakeRazorpay
from shared.errors import Unavailable
from tests.deployed import Context, DeployedFunctions, close_connections
from tools.transform import sam_template

START = datetime(2030, 1, 1, 6, tzinfo=UTC)
"""Later than any real instant, so that what the database dates by its own clock is known from the year."""
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PRICE = 49_900

LEFT_OUT = {
    "report_changes": "how often something counted anew before it was summed up; the sums are what is read",
    "reconciliation_runs": "a run writes down itself",
}
TABLES = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition order by 2
"""
PERMANENT = ("exclusive_locks",)
"""Rows that a migration wrote."""
MONTHS = """
    select 'private.' || c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.analytics_events'::regclass and c.relname <> 'analytics_events_default' order by 1
"""
AN_ID = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]{3,5}_[0-9A-Za-z]{14})\b")
"""A UUID, or one of Razorpay's."""
A_DATE = re.compile(r"\b(\d{4})[-/]\d\d[-/]\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z))?")
RANDOM = re.compile(
    r'(?<=\?token=)[\w-]+|(?<="verification_token": ")[\w-]+|(?<="provider_message_id": ")[^"]+'
    r"|[\w-]{32}(?=\.pdf)|\\\\x[0-9a-f]{40,}|\b[0-9a-f]{64}\b"
)
ROW_NUMBER = re.compile(r'"id": \d+, |, "id": \d+')

type State = list[str]
"""Every row of every table, and what was done outside."""


@dataclass(frozen=True)
class Schedule:
    """What EventBridge Scheduler invokes: a handler's address, the event, and the login that the template gives it."""

    handler: str
    event: dict[str, Any]
    login: str

    def invoke(self) -> Any:
        module, _, function = self.handler.rpartition(".")
        return getattr(import_module(module), function)(self.event, Context(900_000))


def schedules() -> dict[str, Schedule]:
    """The template's schedules by their jobs; two that start one job are one."""
    found: dict[str, Schedule] = {}
    for resource in sam_template()["Resources"].values():
        function = resource["Properties"]
        for source in function.get("Events", {}).values() if "Function" in resource["Type"] else ():
            if source["Type"] == "ScheduleV2":
                login = function["Environment"]["Variables"]["DATABASE_SECRET_ID"]["Ref"]
                event = json.loads(source["Properties"]["Input"])
                found[event["job"]] = Schedule(function["Handler"], event, login)
    return found


SCHEDULES = schedules()


class Environments:
    """Two execution environments that are kept, as Lambda keeps them, and invoked at the same moment."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2)
        self._start = Barrier(2)

    def run(self, schedule: Schedule) -> None:
        """A run that is told to come back later ends there, as in Lambda: its work is the other's."""

        def run() -> None:
            with suppress(Unavailable):
                schedule.invoke()

        self._both(run)

    def end(self) -> None:
        self._both(close_connections)

    def _both(self, act: Callable[[], None]) -> None:
        def together() -> None:
            self._start.wait(60)
            act()

        runs = [self._pool.submit(together) for _ in range(2)]
        wait(runs)  # what one raises must not leave the other at work
        for each in runs:
            each.result()


@dataclass
class World:
    """Ids come in the same order whenever the same things are planted; `planted` names those of before the runs."""

    deployed: DeployedFunctions
    razorpay: FakeRazorpay
    clock: time_machine.Traveller
    environments: Environments
    pool_id: str
    planted: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        tables = self.deployed.looking.execute(TABLES).fetchall()
        self._delete = sql.SQL(";").join(
            sql.SQL("delete from {}").format(sql.Identifier(*table)) for table in tables if table[1] not in PERMANENT
        )
        self._see = sql.SQL(" union all ").join(
            sql.SQL("select {} || ' ' || to_jsonb(t)::text from {} t").format(
                sql.Literal(table[1]), sql.Identifier(*table)
            )
            for table in tables
            if table[1] not in LEFT_OUT
        )

    @property
    def mails(self) -> list[Any]:
        return ses_backends[DEFAULT_ACCOUNT_ID]["ap-south-1"].sent_messages

    @property
    def logins(self) -> dict[str, Any]:
        return cognitoidp_backends[DEFAULT_ACCOUNT_ID]["ap-south-1"].user_pools[self.pool_id].users

    # Planting

    def empty(self) -> None:
        """As it was before anything was planted, and it is START."""
        look = self.deployed.looking
        with look.transaction():
            look.execute("set local session_replication_role = replica")  # some rows refuse to be deleted
            look.execute(self._delete)
            for row in self.deployed.rows(MONTHS):
                look.execute(sql.SQL("drop table {}").format(sql.Identifier(*row["name"].split("."))))
            look.execute("alter sequence ids restart")
        self.razorpay.reset()
        self.mails.clear()
        self.logins.clear()
        self.clock.move_to(START)

    def new_id(self) -> UUID:
        return self.deployed.row("select public.next_id() as id")["id"]

    def person(self, **columns: object) -> UUID:
        who = self.new_id()
        named = {"id": who, "email": f"{who}@example.com", "full_name": "Asha Rao"}
        dated = {"referral_code": who.hex[:10].upper(), "created_at": START - 30 * DAY}
        return self.insert("profiles", **(named | dated | columns))

    def event(self, **columns: object) -> UUID:
        """An upcoming technical course of ten seats, ten days from now."""
        defaults = {
            "starts_at": START + 10 * DAY,
            "ends_at": START + 10 * DAY + 2 * HOUR,
            "created_at": START - 30 * DAY,
        }
        return self.deployed.event(**(defaults | columns))

    def held(self, event: UUID, **columns: object) -> UUID:
        """Somebody's seat with half an hour to pay for it."""
        defaults = {"hold_expires_at": START + 30 * MINUTE, "created_at": START, "amount": PRICE}
        return self.deployed.registration(self.person(), event, **(defaults | columns))

    def seat(self, event: UUID, who: UUID | None = None, **columns: object) -> UUID:
        """Somebody's paid seat."""
        defaults = {"confirmed_at": START - 20 * DAY, "created_at": START - 20 * DAY, "amount": PRICE}
        return self.deployed.confirmed(who or self.person(), event, **(defaults | columns))

    def open_order(self, registration: UUID, at: datetime = START) -> str:
        """An order, as both sides know it."""
        order = self.razorpay.open_order(PRICE, receipt=registration.hex)["id"]
        return self.deployed.order(registration, razorpay_order_id=order, created_at=at)

    def paid(self, registration: UUID, at: datetime = START - 20 * DAY) -> tuple[UUID, str]:
        """A paid order, as both sides know it: our row, and the payment."""
        order = self.razorpay.open_order(PRICE, receipt=registration.hex)["id"]
        payment = self.razorpay.pay(order)["id"]
        self.deployed.paid_order(
            registration, razorpay_order_id=order, razorpay_payment_id=payment, paid_at=at, created_at=at
        )
        row = self.deployed.row("select id from payment_transactions where razorpay_order_id = %s", order)["id"]
        self.deployed.rows(
            "insert into payment_attempts (payment_transaction_id, razorpay_payment_id, status, amount, currency,"
            " created_at) values (%s, %s, 'captured', %s, 'INR', %s)",
            row, payment, PRICE, at,
        )  # fmt: skip
        return row, payment

    def waits(self, event: UUID, minutes_ago: int, **columns: object) -> UUID:
        """Somebody who waits for a seat."""
        joined = {"joined_at": START - minutes_ago * MINUTE}
        return self.insert("event_waitlist", event_id=event, user_id=self.person(), **(joined | columns))

    def insert(self, table: LiteralString, **columns: object) -> UUID:
        return self.deployed._insert(table, columns)  # pyright: ignore[reportPrivateUsage]

    # Running

    def begin(self) -> None:
        """What is there from here on was not planted."""
        self.razorpay.take()
        last = self.deployed.row("select last_value from ids")["last_value"]
        ids = [str(UUID(md5(str(n).encode()).hexdigest())) for n in range(1, last + 1)]
        self.planted = dict(zip(ids, ids, strict=True))
        for kind in ("order", "payment", "refund"):  # Razorpay's ids are random
            for number, entity in enumerate(self.razorpay.entities(kind), 1):
                self.planted[entity["id"]] = f"{kind} {number}"

    def pass_time(self, span: timedelta) -> None:
        """The functions' clock goes on; the database's cannot, so what it compares with its clock moves back."""
        self.clock.shift(span)
        self.deployed.rows(
            "update notifications_queue set scheduled_for = scheduled_for - %s, lease_until = lease_until - %s,"
            " handed_off_at = handed_off_at - %s where status = 'pending'",
            span, span, span,
        )  # fmt: skip
        self.deployed.rows(
            "update analytics_events set created_at = created_at - %s where created_at < '2029-01-01'", span
        )

    # Looking

    def state(self, *, dated: bool) -> State:
        """All that is there now; without dates where runs at other instants may date things otherwise."""

        def name(found: re.Match[str]) -> str:
            return self.planted.get(found[0], "new")

        def date(found: re.Match[str]) -> str:
            if int(found[1]) < 2029:
                return "by the database's clock"
            return found[0] if dated else "then"

        rows = [row for (row,) in self.deployed.looking.execute(self._see).fetchall()]
        text = "\n".join([*rows, *self._outside()])
        for pattern, instead in ((AN_ID, name), (A_DATE, date), (RANDOM, "random"), (ROW_NUMBER, "")):
            text = pattern.sub(instead, text)
        return sorted(text.splitlines())

    def _outside(self) -> Iterator[str]:
        for row in self.deployed.rows(MONTHS):
            yield row["name"]
        for payment in self.razorpay.entities("payment"):
            yield f"{payment['status']} at Razorpay: {payment['id']}, of it {payment['amount_refunded']} back"
        for refund in self.razorpay.entities("refund"):
            yield f"back at Razorpay: {refund['amount']} of {refund['payment_id']}"
        for mail in self.mails:
            yield f"mail to {mail.destinations}"
        for login in self.logins.values():
            yield f"login {login.username}"
