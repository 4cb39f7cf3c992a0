"""The platform in one process: the services as the handlers call them, a simulated Razorpay and a movable clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg
import time_machine
from psycopg.rows import dict_row

from functions.process_referrals import service as process_referrals
from functions.process_refunds import service as process_refunds
from functions.registrations import service as registrations
from functions.release_expired_holds import service as holds
from functions.release_expired_holds import waitlists
from functions.waitlist import service as waitlist
from shared import db
from shared.actors import SERVICE, service_for
from shared.cancellations.service import cancel_remaining
from shared.payments import disputes
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.models import ListedDispute, PaymentEntity, RefundEntity
from shared.registrations.models import CheckoutOrder, Registration
from shared.registrations.orders import open_order
from shared.seats import queries as seat_queries
from shared.seats import service as seats
from tests.conftest import Database
from tests.seats.simulated_razorpay import SimulatedRazorpay, Snapshot

START = datetime(2030, 1, 1, 6, tzinfo=UTC)
"""Later than any real `now()`, so that rows dated by the database are due."""
HOLD = timedelta(minutes=30)
COOLING = timedelta(days=7)
PRICE = 100_000


def always() -> bool:
    return True


@dataclass
class PlatformSimulation:
    """Every method is one complete request of a user, a schedule, an administrator or Razorpay."""

    database: Database
    look: psycopg.Connection
    razorpay: SimulatedRazorpay = field(default_factory=SimulatedRazorpay)
    now: datetime = START
    people: list[UUID] = field(default_factory=list[UUID])
    events: list[UUID] = field(default_factory=list[UUID])
    agreed: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    """The start of the event when each registration was made."""

    # Arranging

    def person(self) -> UUID:
        """Somebody who may let holds lapse as often as the tests do."""
        who = uuid5(NAMESPACE_OID, f"person {len(self.people)}")
        self.look.execute(
            "insert into profiles (id, email, referral_code, hold_limits_lifted_at) values (%s, %s, %s, 'infinity')",
            (who, f"{who}@example.com", code_of(who)),
        )
        self.people.append(who)
        return who

    def event(self, **columns: object) -> UUID:
        """An upcoming technical course of one price, ten days from now."""
        event_id = uuid5(NAMESPACE_OID, f"event {len(self.events)}")
        values: dict[str, object] = {
            "id": event_id,
            "title": "Rust in a day",
            "category": "technical",
            "status": "upcoming",
            "capacity": 1,
            "price_amount": PRICE,
            "starts_at": self.now + timedelta(days=10),
            "ends_at": self.now + timedelta(days=10, hours=6),
            **columns,
        }
        self.look.execute(
            """
            insert into events (id, title, category, status, capacity, price_amount, starts_at, ends_at)
            values (%(id)s, %(title)s, %(category)s, %(status)s, %(capacity)s, %(price_amount)s, %(starts_at)s,
                %(ends_at)s)
            """,
            values,
        )
        self.events.append(event_id)
        return event_id

    def rows(self, statement: LiteralString, **values: object) -> list[dict[str, Any]]:
        with self.look.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, values).fetchall()

    def reset(self) -> None:
        """Delete all rows; faster than a new database."""
        with self.look.transaction():
            self.look.execute("set local session_replication_role = replica")
            for table in TABLES:
                self.look.execute(b"delete from " + table)
            self.look.execute("alter sequence ids restart")
        self.razorpay, self.now, self.people, self.events = SimulatedRazorpay(), START, [], []

    # Users

    def register(self, who: UUID, event_id: UUID, referrer: UUID | None = None) -> Registration:
        code = code_of(referrer) if referrer else None
        with db.transaction(service_for(who)) as conn:
            return registrations.register(conn, who, event_id, code, hold=HOLD, now=self.now)

    def open_order(self, who: UUID, registration_id: UUID) -> CheckoutOrder:
        return open_order(self.razorpay.gateway(), registration_id, who)[1]

    def cancel(self, who: UUID, registration_id: UUID) -> None:
        with db.transaction(service_for(who)) as conn:
            registrations.cancel(conn, who, registration_id, self.now)

    def join(self, who: UUID, event_id: UUID) -> UUID:
        with db.transaction(service_for(who)) as conn:
            return waitlist.join(conn, who, event_id, self.now)[0].id

    def claim(self, who: UUID, entry_id: UUID, referrer: UUID | None = None) -> Registration:
        code = code_of(referrer) if referrer else None
        with db.transaction(service_for(who)) as conn:
            return waitlist.claim(conn, who, entry_id, code, hold=HOLD, now=self.now)

    def leave(self, who: UUID, entry_id: UUID) -> None:
        with db.transaction(service_for(who)) as conn:
            waitlist.leave(conn, who, entry_id, self.now)

    def buy(self, who: UUID, event_id: UUID, referrer: UUID | None = None) -> UUID:
        """Register, pay and have the webhook arrive; the registration."""
        registration = self.register(who, event_id, referrer)
        self.pay(who, registration.id)
        return registration.id

    def pay(self, who: UUID, registration_id: UUID) -> None:
        self.razorpay.pay(self.open_order(who, registration_id).id, "captured")
        self.deliver(*self.razorpay.webhooks.pop())

    # Razorpay

    def deliver(self, order_id: str, entity: Snapshot) -> None:
        """Apply a webhook, as its handler does after storing the delivery."""
        with db.transaction(SERVICE) as conn:
            order = payment_queries.lock_order(conn, order_id).fetchone()
            if isinstance(entity, ListedDispute):
                disputes.record(conn, entity, entity.status, order_id=order_id, reported_at=self.now)
            elif order is not None and isinstance(entity, RefundEntity):
                payments.apply_refund(conn, order, entity, self.now)
            elif order is not None and isinstance(entity, PaymentEntity):
                payments.apply_payment(conn, order, entity, reported_at=self.now, now=self.now)

    # Schedules and administrators

    def sweep(self) -> None:
        holds.empty_cancelled_events(self.now, always)
        waitlists.advance_waitlists(self.now, always)
        holds.release_expired_holds(self.razorpay.gateway(), self.now, always)

    def send_refunds(self) -> None:
        with time_machine.travel(self.now, tick=False):
            process_refunds.send_due_refunds(self.razorpay.gateway(), always)

    def process_referrals(self) -> None:
        process_referrals.run(self.now, COOLING, always)

    def cancel_event(self, event_id: UUID) -> None:
        """Cancel an event as an administrator's request without time to cancel the registrations."""
        self.look.execute(
            "update events set status = 'cancelled', cancelled_at = %s where id = %s and status = 'upcoming'",
            (self.now, event_id),
        )

    def cancel_remaining_registrations(self, event_id: UUID) -> None:
        if self.rows("select 1 from events where id = %(id)s and status = 'cancelled'", id=event_id):
            cancel_remaining(SERVICE, event_id, self.now, always)

    def add_seat(self, event_id: UUID) -> None:
        self.look.execute("update events set capacity = capacity + 1 where id = %s", (event_id,))
        self.offer_free_seats(event_id)

    def offer_free_seats(self, event_id: UUID) -> None:
        with db.transaction(SERVICE) as conn:
            seat_queries.lock_event(conn, event_id)
            seats.offer_free_seats(conn, event_id, self.now)


def code_of(who: UUID) -> str:
    return who.hex[:10].upper()


TABLES = (
    *(b"in_app_notifications", b"notifications_queue", b"referral_credit_uses", b"referral_rewards", b"referrals"),
    *(b"disputes", b"refunds", b"payment_attempts", b"payment_transactions", b"event_waitlist", b"registrations"),
    *(b"event_sessions", b"events", b"profiles"),
)
