"""Pairs of handlers that work on the same rows, with the condition that must hold in every interleaving."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal, LiteralString
from uuid import UUID

from functions.process_referrals import queries as referral_queries
from functions.process_referrals import service as process_referrals
from functions.process_referrals.models import DueReward
from functions.registrations import service as registrations
from functions.release_expired_holds import queries as hold_queries
from functions.session_management import service as session_management
from functions.session_management.models import CheckIn, ClientDevice
from functions.waitlist import service as waitlist
from local.razorpay.payloads import new_id
from shared import db
from shared.actors import SERVICE, administrator, service_for
from shared.certificates import queries as certificate_queries
from shared.certificates import service as certificates
from shared.certificates import walk
from shared.certificates.models import CertificateDraft
from shared.db import Connection
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.models import PaymentEntity, RefundEntity
from shared.referrals import credits
from shared.registrations import service as shared_registrations
from shared.seats import queries as seat_queries
from shared.seats import service as seats
from tests.interleavings.stepping import Handler
from tests.seats.invariants import Violation, check
from tests.seats.simulated_razorpay import EPOCH
from tests.seats.simulation import HOLD, PRICE, PlatformSimulation

type Check = Callable[[], None]


@dataclass(frozen=True)
class HandlerPair:
    """Two handlers, and the check after both have ended."""

    left: Handler
    right: Handler
    holds: Check


def failed_and_captured(simulation: PlatformSimulation) -> HandlerPair:
    """A failed and a captured payment of one order: the final notification is not the failure."""
    order = _held_order(simulation)
    left, right = (
        _payment_handler(simulation, order, reported_payment(simulation, order, status))
        for status in ("failed", "captured")
    )
    return HandlerPair(left, right, no_rows(simulation, "the failure of a successful payment is notified", """
        select id from notifications_queue where template = 'payment_failed' and status = 'pending'
        union all select id from registrations where status <> 'confirmed'
    """))  # fmt: skip


def captured_and_refund(simulation: PlatformSimulation) -> HandlerPair:
    """The capture and the full refund of one payment: the seat is not kept."""
    order = _held_order(simulation)
    paid = reported_payment(simulation, order, "captured")
    refund = RefundEntity(
        id=new_id("rfnd"), payment_id=paid.id, amount=PRICE, currency="INR", status="processed", created_at=EPOCH
    )

    def refunded(conn: Connection) -> None:
        locked = payment_queries.lock_order(conn, order).fetchone()
        assert locked is not None
        payments.apply_refund(conn, locked, refund, simulation.now)

    broken = "select id from registrations where status = 'confirmed' or payment_status <> 'refunded'"
    check_seat = no_rows(simulation, "a refunded seat is kept", broken)
    return HandlerPair(_payment_handler(simulation, order, paid), [(SERVICE, refunded)], check_seat)


def register_and_register(simulation: PlatformSimulation) -> HandlerPair:
    """Two users register for the last seat."""
    event_id = simulation.event(capacity=1)
    left, right = (registration_handler(simulation, simulation.person(), event_id) for _ in range(2))
    return HandlerPair(left, right, invariants_hold(simulation))


def register_and_claim(simulation: PlatformSimulation) -> HandlerPair:
    """A registration and a claim for the one offered seat."""
    other, waiting, event_id, entry_id = _offered_seat(simulation)

    def claim(conn: Connection) -> None:
        waitlist.claim(conn, waiting, entry_id, None, hold=HOLD, now=simulation.now)

    return HandlerPair(
        registration_handler(simulation, other, event_id), [(service_for(waiting), claim)], invariants_hold(simulation)
    )


def register_and_claim_in_two_transactions(simulation: PlatformSimulation) -> HandlerPair:
    """The negative control: one transaction closes the offer, another takes the seat."""
    other, waiting, event_id, entry_id = _offered_seat(simulation)

    def close(conn: Connection) -> None:
        conn.execute("update event_waitlist set status = 'left' where id = %s", (entry_id,))

    def take(conn: Connection) -> None:
        event = shared_registrations.lock_event(conn, event_id, waiting)
        shared_registrations.take_seat(
            conn, event, waiting, source="waitlist", referral_code=None, hold=HOLD, now=simulation.now
        )

    two = [(service_for(waiting), close), (service_for(waiting), take)]
    return HandlerPair(registration_handler(simulation, other, event_id), two, invariants_hold(simulation))


def check_in_and_check_in(simulation: PlatformSimulation) -> HandlerPair:
    """Check-ins from two devices: one attendance interval."""
    who, event_id, seat = _confirmed_seat(simulation)

    def check_in(conn: Connection) -> None:
        asked, device = CheckIn(registration_id=seat, event_id=event_id), ClientDevice(ip_address=None, user_agent=None)
        session_management.check_in(conn, who, asked, device, opens=timedelta(days=30), now=simulation.now)

    return HandlerPair(
        [(service_for(who), check_in)], [(service_for(who), check_in)], _one_attendance_interval(simulation)
    )


def check_in_without_lock(simulation: PlatformSimulation) -> HandlerPair:
    """The negative control: a select looks for an attendance interval, then an insert opens one."""
    who, event_id, seat = _confirmed_seat(simulation)
    (session,) = simulation.rows("select id from event_sessions where event_id = %(id)s", id=event_id)

    def check_in(conn: Connection) -> None:
        if not conn.execute("select 1 from session_attendance where registration_id = %s", (seat,)).fetchone():
            conn.execute(
                "insert into session_attendance (registration_id, user_id, event_id, session_id, check_in_time,"
                " check_out_time, closed_by) values (%s, %s, %s, %s, %s, %s, 'student')",
                (seat, who, event_id, session["id"], simulation.now, simulation.now),
            )

    return HandlerPair([(SERVICE, check_in)], [(SERVICE, check_in)], _one_attendance_interval(simulation))


def generate_and_revoke(simulation: PlatformSimulation) -> HandlerPair:
    """An issue and a revocation in one certificate chain: the chain stays valid."""
    first, second = (_completed_registration(simulation) for _ in range(2))
    drafts: list[CertificateDraft] = []
    with db.transaction(SERVICE) as conn:
        (draft,) = certificates.reserve(conn, certificate_queries.find_facts(conn, [first]), simulation.now)
    with db.transaction(SERVICE) as conn:
        (issued,) = certificates.append(conn, [_printed(draft)])

    def reserve(conn: Connection) -> None:
        drafts.extend(certificates.reserve(conn, certificate_queries.find_facts(conn, [second]), simulation.now))

    def append(conn: Connection) -> None:
        certificates.append(conn, [_printed(draft) for draft in drafts])

    def revoke(conn: Connection) -> None:
        certificates.revoke(conn, issued, "wrong name", simulation.now)

    def holds() -> None:
        with db.transaction(SERVICE, read_only=True) as conn:
            if faults := list(walk.walk(conn)):
                raise Violation(faults)

    admin = simulation.person()
    simulation.look.execute("insert into admins (user_id) values (%s)", (admin,))
    return HandlerPair([(SERVICE, reserve), (SERVICE, append)], [(administrator(admin), revoke)], holds)


def reward_and_reward(simulation: PlatformSimulation) -> HandlerPair:
    """Two runs over two paid referrals: one reward."""
    due = _due_reward(simulation)

    def reward(conn: Connection) -> None:
        process_referrals.reward(conn, due, simulation.now)

    return HandlerPair([(SERVICE, reward)], [(SERVICE, reward)], invariants_hold(simulation))


def release_and_captured(simulation: PlatformSimulation) -> HandlerPair:
    """A hold expires while its payment arrives, and another user waits for the seat."""
    who, event_id = simulation.person(), simulation.event(capacity=1)
    held = simulation.register(who, event_id)
    order = simulation.open_order(who, held.id).id
    simulation.join(simulation.person(), event_id)
    simulation.now += HOLD

    def release(conn: Connection) -> None:
        seat_queries.lock_event(conn, event_id)
        if hold_queries.expire_hold(conn, held.id, simulation.now):
            credits.release(conn, [held.id], percent=100)
            seats.offer_free_seats(conn, event_id, simulation.now)

    return HandlerPair(
        [(SERVICE, release)],
        _payment_handler(simulation, order, reported_payment(simulation, order, "captured")),
        invariants_hold(simulation),
    )


def _held_order(simulation: PlatformSimulation) -> str:
    """The open order of a held seat."""
    who = simulation.person()
    return simulation.open_order(who, simulation.register(who, simulation.event(capacity=1)).id).id


def reported_payment(
    simulation: PlatformSimulation, order: str, status: Literal["failed", "captured"]
) -> PaymentEntity:
    """The payment as its webhook reports it."""
    simulation.razorpay.pay(order, status)
    _, payment = simulation.razorpay.webhooks.pop()
    assert isinstance(payment, PaymentEntity)
    return payment


def _payment_handler(simulation: PlatformSimulation, order: str, payment: PaymentEntity) -> Handler:
    def pay(conn: Connection) -> None:
        locked = payment_queries.lock_order(conn, order).fetchone()
        assert locked is not None
        payments.apply_payment(conn, locked, payment, reported_at=simulation.now, now=simulation.now)

    return [(SERVICE, pay)]


def registration_handler(simulation: PlatformSimulation, who: UUID, event_id: UUID) -> Handler:
    def register(conn: Connection) -> None:
        registrations.register(conn, who, event_id, None, hold=HOLD, now=simulation.now)

    return [(service_for(who), register)]


def _offered_seat(simulation: PlatformSimulation) -> tuple[UUID, UUID, UUID, UUID]:
    """Another user, the user with the only offer, the event, and the waitlist entry of the offer."""
    first, waiting, other = (simulation.person() for _ in range(3))
    event_id = simulation.event(capacity=1)
    seat = simulation.buy(first, event_id)
    entry_id = simulation.join(waiting, event_id)
    simulation.cancel(first, seat)
    return other, waiting, event_id, entry_id


def _confirmed_seat(simulation: PlatformSimulation) -> tuple[UUID, UUID, UUID]:
    who, event_id = simulation.person(), simulation.event(capacity=1)
    return who, event_id, simulation.buy(who, event_id)


def _completed_registration(simulation: PlatformSimulation) -> UUID:
    """A paid registration of a completed event."""
    who, event_id, seat = _confirmed_seat(simulation)
    simulation.look.execute("update profiles set full_name = 'Asha Rao' where id = %s", (who,))
    simulation.look.execute("update events set status = 'completed' where id = %s", (event_id,))
    return seat


def _printed(draft: CertificateDraft) -> certificates.Printed:
    return draft, sha256(draft.pdf_key.encode()).digest()


def _due_reward(simulation: PlatformSimulation) -> DueReward:
    """A referrer with two paid referrals and no reward."""
    referrer, event_id = simulation.person(), simulation.event(capacity=5)
    for _ in range(2):
        simulation.buy(simulation.person(), event_id, referrer)
    with db.transaction(SERVICE) as conn:
        referral_queries.complete_paid(conn, simulation.now, simulation.now + timedelta(days=7), 10)
    return DueReward(event_id, referrer)


def invariants_hold(simulation: PlatformSimulation) -> Check:
    return lambda: check(simulation)


def no_rows(simulation: PlatformSimulation, what: str, broken: LiteralString) -> Check:
    """A check that `broken` selects no row and that the invariants hold."""

    def holds() -> None:
        if found := simulation.rows(broken):
            raise Violation(what, found)
        check(simulation)

    return holds


def _one_attendance_interval(simulation: PlatformSimulation) -> Check:
    return no_rows(simulation, "one student has two attendance intervals", """
        select registration_id from session_attendance group by registration_id having count(*) > 1
    """)  # fmt: skip
