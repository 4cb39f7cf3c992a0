"""The pairs of handlers that can meet, each with what must hold whatever order their statements come in."""

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
from functions.session_management.models import CheckIn, Device
from functions.waitlist import service as waitlist
from local.razorpay.payloads import new_id
from shared import db
from shared.actors import SERVICE, administrator, service_for
from shared.certificates import queries as certificate_queries
from shared.certificates import service as certificates
from shared.certificates import walk
from shared.certificates.models import Draft
from shared.db import Connection
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.models import PaymentEntity, RefundEntity
from shared.referrals import credits
from shared.registrations import service as shared_registrations
from shared.seats import queries as seat_queries
from shared.seats import service as seats
from tests.interleavings.stepping import Handler
from tests.seats.bank import EPOCH
from tests.seats.invariants import Violation, check
from tests.seats.school import HOLD, PRICE, School

type Check = Callable[[], None]


@dataclass(frozen=True)
class Meeting:
    """Two handlers, and what must hold after both have ended."""

    left: Handler
    right: Handler
    holds: Check


def failed_and_captured(school: School) -> Meeting:
    """Of one order: who has paid is not told in the end that it failed."""
    order = _held(school)
    left, right = (_pays(school, order, payment_told(school, order, status)) for status in ("failed", "captured"))
    return Meeting(left, right, no_row(school, "a payment that succeeded is told to have failed", """
        select id from notifications_queue where template = 'payment_failed' and status = 'pending'
        union all select id from registrations where status <> 'confirmed'
    """))  # fmt: skip


def captured_and_refund(school: School) -> Meeting:
    """Of one payment, all of which went back: nobody keeps the seat."""
    order = _held(school)
    paid = payment_told(school, order, "captured")
    refund = RefundEntity(
        id=new_id("rfnd"), payment_id=paid.id, amount=PRICE, currency="INR", status="processed", created_at=EPOCH
    )

    def refunded(conn: Connection) -> None:
        locked = payment_queries.lock_order(conn, order).fetchone()
        assert locked is not None
        payments.apply_refund(conn, locked, refund, school.now)

    return Meeting(_pays(school, order, paid), [(SERVICE, refunded)], no_row(school, "a refunded seat is kept", """
        select id from registrations where status = 'confirmed' or payment_status <> 'refunded'
    """))  # fmt: skip


def register_and_register(school: School) -> Meeting:
    """For the last seat."""
    event_id = school.event(capacity=1)
    left, right = (registers(school, school.person(), event_id) for _ in range(2))
    return Meeting(left, right, whole(school))


def register_and_claim(school: School) -> Meeting:
    """Of the one seat that is offered."""
    other, waiting, event_id, entry_id = _offered(school)

    def claim(conn: Connection) -> None:
        waitlist.claim(conn, waiting, entry_id, None, hold=HOLD, now=school.now)

    return Meeting(registers(school, other, event_id), [(service_for(waiting), claim)], whole(school))


def register_and_claim_in_two(school: School) -> Meeting:
    """The broken twin: the offer ends in one transaction, the seat is taken in another."""
    other, waiting, event_id, entry_id = _offered(school)

    def close(conn: Connection) -> None:
        conn.execute("update event_waitlist set status = 'left' where id = %s", (entry_id,))

    def take(conn: Connection) -> None:
        event = shared_registrations.lock_event(conn, event_id, waiting)
        shared_registrations.take_seat(
            conn, event, waiting, source="waitlist", referral_code=None, hold=HOLD, now=school.now
        )

    two = [(service_for(waiting), close), (service_for(waiting), take)]
    return Meeting(registers(school, other, event_id), two, whole(school))


def check_in_and_check_in(school: School) -> Meeting:
    """From two devices: one stay."""
    who, event_id, seat = _seated(school)

    def check_in(conn: Connection) -> None:
        asked, device = CheckIn(registration_id=seat, event_id=event_id), Device(ip_address=None, user_agent=None)
        session_management.check_in(conn, who, asked, device, opens=timedelta(days=30), now=school.now)

    return Meeting([(service_for(who), check_in)], [(service_for(who), check_in)], _one_stay(school))


def look_and_open_twice(school: School) -> Meeting:
    """The broken twin: looks for an open stay, then begins one."""
    who, event_id, seat = _seated(school)
    (session,) = school.rows("select id from event_sessions where event_id = %(id)s", id=event_id)

    def check_in(conn: Connection) -> None:
        if not conn.execute("select 1 from session_attendance where registration_id = %s", (seat,)).fetchone():
            conn.execute(
                "insert into session_attendance (registration_id, user_id, event_id, session_id, check_in_time,"
                " check_out_time, closed_by) values (%s, %s, %s, %s, %s, %s, 'student')",
                (seat, who, event_id, session["id"], school.now, school.now),
            )

    return Meeting([(SERVICE, check_in)], [(SERVICE, check_in)], _one_stay(school))


def generate_and_revoke(school: School) -> Meeting:
    """Of two certificates of one chain: it stays whole."""
    first, second = (_graduate(school) for _ in range(2))
    drafts: list[Draft] = []
    with db.transaction(SERVICE) as conn:
        (draft,) = certificates.reserve(conn, certificate_queries.find_facts(conn, [first]), school.now)
    with db.transaction(SERVICE) as conn:
        (issued,) = certificates.append(conn, [_printed(draft)])

    def reserve(conn: Connection) -> None:
        drafts.extend(certificates.reserve(conn, certificate_queries.find_facts(conn, [second]), school.now))

    def append(conn: Connection) -> None:
        certificates.append(conn, [_printed(draft) for draft in drafts])

    def revoke(conn: Connection) -> None:
        certificates.revoke(conn, issued, "wrong name", school.now)

    def holds() -> None:
        with db.transaction(SERVICE, read_only=True) as conn:
            if faults := list(walk.walk(conn)):
                raise Violation(faults)

    admin = school.person()
    school.look.execute("insert into admins (user_id) values (%s)", (admin,))
    return Meeting([(SERVICE, reserve), (SERVICE, append)], [(administrator(admin), revoke)], holds)


def reward_and_reward(school: School) -> Meeting:
    """Of two paid referrals: one reward."""
    due = _due(school)

    def reward(conn: Connection) -> None:
        process_referrals.reward(conn, due, school.now)

    return Meeting([(SERVICE, reward)], [(SERVICE, reward)], whole(school))


def release_and_captured(school: School) -> Meeting:
    """A hold ends while its payment arrives, and somebody waits for the seat."""
    who, event_id = school.person(), school.event(capacity=1)
    held = school.register(who, event_id)
    order = school.open_order(who, held.id).id
    school.join(school.person(), event_id)
    school.now += HOLD

    def release(conn: Connection) -> None:
        seat_queries.lock_event(conn, event_id)
        if hold_queries.expire_hold(conn, held.id, school.now):
            credits.release(conn, [held.id], percent=100)
            seats.offer_free_seats(conn, event_id, school.now)

    return Meeting([(SERVICE, release)], _pays(school, order, payment_told(school, order, "captured")), whole(school))


def _held(school: School) -> str:
    """A held seat, and the order that would pay it."""
    who = school.person()
    return school.open_order(who, school.register(who, school.event(capacity=1)).id).id


def payment_told(school: School, order: str, status: Literal["failed", "captured"]) -> PaymentEntity:
    """As a webhook would tell of it."""
    school.bank.pay(order, status)
    _, payment = school.bank.mail.pop()
    assert isinstance(payment, PaymentEntity)
    return payment


def _pays(school: School, order: str, payment: PaymentEntity) -> Handler:
    def pay(conn: Connection) -> None:
        locked = payment_queries.lock_order(conn, order).fetchone()
        assert locked is not None
        payments.apply_payment(conn, locked, payment, reported_at=school.now, now=school.now)

    return [(SERVICE, pay)]


def registers(school: School, who: UUID, event_id: UUID) -> Handler:
    def register(conn: Connection) -> None:
        registrations.register(conn, who, event_id, None, hold=HOLD, now=school.now)

    return [(service_for(who), register)]


def _offered(school: School) -> tuple[UUID, UUID, UUID, UUID]:
    """Somebody else, who was offered the only seat, of which course, and their place in its queue."""
    first, waiting, other = (school.person() for _ in range(3))
    event_id = school.event(capacity=1)
    seat = school.buy(first, event_id)
    entry_id = school.join(waiting, event_id)
    school.cancel(first, seat)
    return other, waiting, event_id, entry_id


def _seated(school: School) -> tuple[UUID, UUID, UUID]:
    who, event_id = school.person(), school.event(capacity=1)
    return who, event_id, school.buy(who, event_id)


def _graduate(school: School) -> UUID:
    """The paid registration of somebody whose course is over."""
    who, event_id, seat = _seated(school)
    school.look.execute("update profiles set full_name = 'Asha Rao' where id = %s", (who,))
    school.look.execute("update events set status = 'completed' where id = %s", (event_id,))
    return seat


def _printed(draft: Draft) -> certificates.Printed:
    return draft, sha256(draft.pdf_key.encode()).digest()


def _due(school: School) -> DueReward:
    """Two referrals that are paid and not rewarded."""
    referrer, event_id = school.person(), school.event(capacity=5)
    for _ in range(2):
        school.buy(school.person(), event_id, referrer)
    with db.transaction(SERVICE) as conn:
        referral_queries.complete_paid(conn, school.now, school.now + timedelta(days=7), 10)
    return DueReward(event_id, referrer)


def whole(school: School) -> Check:
    return lambda: check(school)


def no_row(school: School, what: str, broken: LiteralString) -> Check:
    """`broken` selects nothing, and the invariants hold."""

    def holds() -> None:
        if found := school.rows(broken):
            raise Violation(what, found)
        check(school)

    return holds


def _one_stay(school: School) -> Check:
    return no_row(school, "one student is there twice", """
        select registration_id from session_attendance group by registration_id having count(*) > 1
    """)  # fmt: skip
