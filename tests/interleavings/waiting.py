"""Pairs in which one statement waits for a lock, each with the earlier code that lost the race.

After the wait a statement sees the rows that it locks as they are now, but all other rows as they were at its start.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from functions.personal_data import erasure
from functions.registrations import service as registrations
from functions.update_event_status import queries as status_queries
from functions.waitlist import queries as waitlist_queries
from functions.waitlist import service as waitlist
from shared.actors import SERVICE, service_for
from shared.db import Connection
from shared.errors import Conflict
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.models import Order
from shared.registrations import queries as registration_queries
from shared.seats import queries as seat_queries
from tests.interleavings.pairs import HandlerPair, invariants_hold, no_rows, registration_handler, reported_payment
from tests.seats.invariants import Violation
from tests.seats.simulation import PRICE, PlatformSimulation


def open_and_captured(simulation: PlatformSimulation) -> HandlerPair:
    """An order is inserted and its registration cancelled while its payment arrives."""
    return _order_appears(simulation, lambda conn, order: payment_queries.lock_order(conn, order).fetchone())


def open_and_captured_with_unlocked_read(simulation: PlatformSimulation) -> HandlerPair:
    """The negative control: the second statement reads rows that the first did not find and lock."""

    def lock_then_read(conn: Connection, order: str) -> Order | None:
        tables = """
            from payment_transactions t join registrations r on r.id = t.registration_id
            join events e on e.id = r.event_id where t.razorpay_order_id = %(order)s
        """
        conn.execute("select 1" + tables + "for no key update of e, r, t", {"order": order})
        columns = """
            select t.id as transaction_id, t.razorpay_order_id, t.razorpay_payment_id, t.status, t.amount, t.currency,
                t.user_id, t.registration_id, r.status as registration_status, r.event_id, e.title as event_title,
                e.status as event_status, e.capacity as event_capacity, e.starts_at as event_starts_at,
                e.ends_at as event_ends_at, e.starts_at as sales_end_at, false as has_held_payment,
                false as has_refunds
        """
        row = conn.cursor(row_factory=dict_row).execute(columns + tables, {"order": order}).fetchone()
        return Order(**row) if row else None

    return _order_appears(simulation, lock_then_read)


def register_and_join(simulation: PlatformSimulation) -> HandlerPair:
    """One user takes the last seat and joins its waitlist at the same time."""
    return _register_and_join(simulation, waitlist.join)


def register_and_join_with_old_snapshot(simulation: PlatformSimulation) -> HandlerPair:
    """The negative control: the statement that waits for the event also reads registrations."""

    def join(conn: Connection, who: UUID, event_id: UUID, now: datetime) -> None:
        locked = conn.execute(
            """
            select exists (
                select from registrations r
                where r.user_id = %s and r.event_id = e.id and r.status in ('pending', 'confirmed')
            )
            from events e where e.id = %s
            for no key update of e
            """,
            (who, event_id),
        ).fetchone()
        if locked == (True,):
            raise Conflict("There is a registration.", code="already_registered")
        if seat_queries.seats_taken(conn, event_id, except_offered_to=who) < 1:
            raise Conflict("There are seats left.", code="seats_left")
        waitlist_queries.insert_entry(conn, event_id, who)

    return _register_and_join(simulation, join)


def register_and_erase(simulation: PlatformSimulation) -> HandlerPair:
    """An erased user has no seat and no waitlist entry."""
    who, event_id = simulation.person(), simulation.event(capacity=1)

    def erase(conn: Connection) -> None:
        erasure.forget(conn, who, f"{who}@example.com", None, simulation.now)

    broken = """
        select r.id from registrations r join profiles p on p.id = r.user_id
        where p.erased_at is not null and r.status in ('pending', 'confirmed')
    """
    return HandlerPair(
        registration_handler(simulation, who, event_id),
        [(SERVICE, erase)],
        no_rows(simulation, "an erased user has a seat", broken),
    )


def open_and_cancel(simulation: PlatformSimulation) -> HandlerPair:
    """An order is opened for a registration that is being cancelled: never after the cancellation."""
    who = simulation.person()
    held = simulation.register(who, simulation.event(capacity=1))
    ended: list[str] = []

    def insert(conn: Connection) -> None:
        registration_queries.insert_order(
            conn, registration_id=held.id, user_id=who, order_id="order_00000000000000", amount=PRICE, currency="INR"
        )
        found = conn.execute("select 1 from payment_transactions").fetchone()
        ended.append("opened" if found else "refused")

    def cancel(conn: Connection) -> None:
        registrations.cancel(conn, who, held.id, simulation.now)
        ended.append("cancelled")

    def holds() -> None:
        if ended == ["cancelled", "opened"]:
            raise Violation("an order was opened for a cancelled registration")

    return HandlerPair([(service_for(who), insert)], [(service_for(who), cancel)], holds)


def complete_and_plan(simulation: PlatformSimulation) -> HandlerPair:
    """A session is added to an event that is being completed."""
    return _complete_and_plan(
        simulation, lambda conn, now: status_queries.complete_events(conn, status_queries.lock_ending(conn, now), now)
    )


def complete_and_plan_with_old_snapshot(simulation: PlatformSimulation) -> HandlerPair:
    """The negative control: the update that waits for the event also reads its sessions."""

    def complete(conn: Connection, now: datetime) -> None:
        conn.execute(
            """
            update events e set status = 'completed', completed_at = e.ends_at
            where e.status = 'ongoing' and e.ends_at <= %(now)s and not exists (
                select from event_sessions s where s.event_id = e.id and s.ends_at > %(now)s
            )
            """,
            {"now": now},
        )

    return _complete_and_plan(simulation, complete)


def _order_appears(simulation: PlatformSimulation, lock: Callable[[Connection, str], Order | None]) -> HandlerPair:
    who, event_id = simulation.person(), simulation.event(capacity=1)
    held = simulation.register(who, event_id)
    order = simulation.razorpay.gateway().create_order(receipt=held.id.hex, amount=PRICE, currency="INR", notes={})
    payment = reported_payment(simulation, order.id, "captured")

    def insert(conn: Connection) -> None:
        registration_queries.insert_order(
            conn, registration_id=held.id, user_id=who, order_id=order.id, amount=PRICE, currency="INR"
        )

    def cancel(conn: Connection) -> None:
        registrations.cancel(conn, who, held.id, simulation.now)

    def pay(conn: Connection) -> None:
        locked = lock(conn, order.id)
        if locked is not None:
            payments.apply_payment(conn, locked, payment, reported_at=simulation.now, now=simulation.now)

    return HandlerPair(
        [(service_for(who), insert), (service_for(who), cancel)], [(SERVICE, pay)], invariants_hold(simulation)
    )


def _register_and_join(
    simulation: PlatformSimulation, join: Callable[[Connection, UUID, UUID, datetime], Any]
) -> HandlerPair:
    who, event_id = simulation.person(), simulation.event(capacity=1)

    def join_queue(conn: Connection) -> None:
        join(conn, who, event_id, simulation.now)

    return HandlerPair(
        registration_handler(simulation, who, event_id), [(service_for(who), join_queue)], invariants_hold(simulation)
    )


def _complete_and_plan(
    simulation: PlatformSimulation, complete: Callable[[Connection, datetime], object]
) -> HandlerPair:
    event_id = simulation.event(
        starts_at=simulation.now - timedelta(hours=2), ends_at=simulation.now - timedelta(hours=1)
    )
    simulation.look.execute("update events set status = 'ongoing' where id = %s", (event_id,))

    def end(conn: Connection) -> None:
        status_queries.begin_events(conn, simulation.now)
        complete(conn, simulation.now)

    def plan(conn: Connection) -> None:
        seat_queries.lock_event(conn, event_id)
        conn.execute(
            "insert into event_sessions (event_id, title, starts_at, ends_at)"
            " select id, 'One more', %s, %s from events where id = %s and status = 'ongoing'",
            (simulation.now, simulation.now + timedelta(hours=1), event_id),
        )

    broken = """
        select e.id from events e join event_sessions s on s.event_id = e.id
        where e.status = 'completed' and s.ends_at > e.completed_at
    """
    return HandlerPair([(SERVICE, end)], [(SERVICE, plan)], no_rows(simulation, "a completed course goes on", broken))
