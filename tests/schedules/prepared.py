"""For each job a world in which a run has something to do, and in which a day brings more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import boto3

from shared import db
from shared.actors import SERVICE
from shared.notifications.models import Notice
from shared.notifications.service import enqueue
from shared.reports.funnel import STEPS
from tests.schedules.world import DAY, HOUR, MINUTE, PRICE, START, World

DEVICES_ARE_KEPT = 90 * DAY


@dataclass(frozen=True)
class PreparedSituation:
    """What to plant at START, and when a run first finds some of it due."""

    plant: Callable[[World], None]
    due_after: timedelta = HOUR


def unpaid_seats(world: World) -> None:
    """Holds that end, one of them paid unheard; an offer that ends; a queue that ends; a course that was cancelled."""
    sought = world.event(capacity=4)
    orders = [world.open_order(world.held(sought)) for _ in range(4)]
    world.razorpay.pay(orders[0])
    for minutes_ago in (30, 20, 10):
        world.waits(sought, minutes_ago)
    full = world.event(capacity=1)
    offered = {"notified_at": START - 23 * HOUR, "expires_at": START + HOUR}
    world.waits(full, 60, status="notified", **offered)
    world.waits(full, 50)
    world.waits(full, 40)
    ending = world.event(capacity=1, sales_end_at=START + 12 * HOUR)
    world.seat(ending)
    world.waits(ending, 30)
    cancelled = world.event(status="cancelled", cancelled_at=START - HOUR)
    world.paid(world.seat(cancelled))
    world.open_order(world.held(cancelled))
    world.waits(cancelled, 30)


def sessions_ahead(world: World) -> None:
    """One to be reminded of a day before, one an hour before to whoever came too late for the other."""
    tomorrow = world.event(starts_at=START + 43 * HOUR, ends_at=START + 45 * HOUR)
    soon = world.event(starts_at=START + 24.5 * HOUR, ends_at=START + 26 * HOUR)
    for _ in range(3):
        world.seat(tomorrow)
        world.seat(soon, confirmed_at=START + HOUR)


def graduates(world: World) -> None:
    """Three to be certified, and one who was not there for as long as the course asks."""
    ended = {"status": "completed", "starts_at": START - 2 * DAY, "ends_at": START - 2 * DAY + 2 * HOUR}
    course = world.event(**ended)
    for _ in range(3):
        world.seat(course)
    world.seat(world.event(minimum_attendance_minutes=60, **ended))


def courses_ahead(world: World) -> None:
    """One that begins and ends, one that ends, one that goes on, one that begins late; stays that nobody ended."""
    first = world.event(starts_at=START + 30 * MINUTE, ends_at=START + 5 * HOUR)
    world.event(status="ongoing", starts_at=START - HOUR, ends_at=START + 40 * MINUTE)
    world.event(status="ongoing", starts_at=START - HOUR, ends_at=START + 3 * DAY)
    world.event(starts_at=START + 23 * HOUR, ends_at=START + 25 * HOUR)
    for minutes in (31, 40):
        came_to(world, world.seat(first), START + minutes * MINUTE)


def came_to(world: World, registration: UUID, at: datetime, **columns: object) -> None:
    of = world.deployed.row(
        "select r.id as registration_id, r.user_id, r.event_id, s.id as session_id from registrations r"
        " join event_sessions s on s.event_id = r.event_id where r.id = %s",
        registration,
    )
    world.insert("session_attendance", check_in_time=at, **(of | columns))


def paid_referrals(world: World) -> None:
    """Who brought two, who brought three, who brought one, and one whose friend's seat ended unseen."""
    course = world.event(capacity=20)
    for friends in (2, 3, 1):
        referrer = world.person()
        for _ in range(friends):
            refer(world, referrer, course, world.seat(course))
    unpaid = world.held(course)
    refer(world, world.person(), course, unpaid)
    gone = world.seat(course, status="cancelled", payment_status="refunded", cancelled_at=START)
    ended = {"status": "completed", "completed_at": START - DAY, "revocable_until": START + 6 * DAY}
    refer(world, world.person(), course, gone, **ended)


def refer(world: World, referrer: UUID, event: UUID, registration: UUID, **columns: object) -> None:
    friend = world.deployed.row("select user_id from registrations where id = %s", registration)["user_id"]
    of = {"referrer_id": referrer, "referred_user_id": friend, "event_id": event, "registration_id": registration}
    world.insert("referrals", created_at=START - DAY, **(of | columns))


def lost_payments(world: World) -> None:
    """Two payments that nobody told of, days and an hour ago, one that failed, and a refund made elsewhere."""
    course = world.event(capacity=20)
    for age in (3 * DAY, HOUR):
        world.clock.move_to(START - age)
        order = world.open_order(world.held(course, created_at=START - age), START - age)
        world.razorpay.pay(order)
        world.razorpay.fail(world.open_order(world.held(course, created_at=START - age), START - age))
        _, payment = world.paid(world.seat(course, created_at=START - age, confirmed_at=START - age), START - age)
        world.razorpay.refund(payment, PRICE // 2)
    world.clock.move_to(START)
    world.deployed.rows("insert into admins (user_id) values (%s)", world.person())


def recorded_refunds(world: World) -> None:
    """Three due sooner or later, and one that Razorpay has made already and refuses."""
    course = world.event(capacity=20)
    world.deployed.rows("insert into admins (user_id) values (%s)", world.person())
    for number, due in enumerate((MINUTE, 10 * MINUTE, 5 * HOUR, 20 * MINUTE)):
        seat = world.seat(course, status="cancelled", payment_status="completed", cancelled_at=START)
        order, payment = world.paid(seat)
        if number == 3:
            world.razorpay.refund(payment)
        world.insert("refunds", payment_transaction_id=order, razorpay_payment_id=payment, amount=PRICE,
            currency="INR", reason="student_cancelled", idempotency_key=f"refund-{number:010}", status="requested",
            next_attempt_at=START + due, created_at=START)  # fmt: skip


def unreceipted_money(world: World) -> None:
    """Three payments without a receipt, one of them refunded without a credit note."""
    course = world.event(capacity=20)
    for number in range(3):
        order, payment = world.paid(world.seat(course), START - (3 - number) * HOUR)
        if number == 1:
            world.insert("refunds", payment_transaction_id=order, razorpay_payment_id=payment, amount=PRICE // 2,
                currency="INR", reason="student_cancelled", idempotency_key="refund-0000000001", status="processed",
                razorpay_refund_id="rfnd_00000000000001", created_at=START - HOUR,
                processed_at=START - HOUR)  # fmt: skip


def visits_and_facts(world: World) -> None:
    """Sales and visits through the funnel, some of them only during the day."""
    course = world.event(capacity=20)
    for number in range(4):
        world.paid(world.seat(course, created_at=START - number * HOUR), START - number * HOUR)
    for session, began in enumerate((START, START + 20 * MINUTE, START + 10 * HOUR)):
        for number, step in enumerate(STEPS[: session + 2]):
            at = began + number * MINUTE
            world.insert("analytics_events", event_name=step, event_category="conversion",
                session_id=f"session {session}", created_at=at, occurred_at=at)  # fmt: skip


def people_to_forget(world: World) -> None:
    """Logins that were not deleted yet, and places people came from that are too old now or in the day."""
    pool: Any = boto3.client("cognito-idp")
    for number in range(2):
        name = f"{number}@example.com"
        if number == 0:
            pool.admin_create_user(UserPoolId=world.pool_id, Username=name)
        who = world.person(erased_at=START)
        world.deployed.rows(
            "insert into erasures (user_id, requested_at, pool_username) values (%s, %s, %s)", who, START, name
        )
    course = world.event()
    for age in (DEVICES_ARE_KEPT - 30 * MINUTE, DEVICES_ARE_KEPT - 20 * HOUR, DAY):
        user = world.person()
        seat = world.seat(course, user)
        world.insert("device_sightings", user_id=user, registration_id=seat, action="registered",
            device_hash=b"device", ip_address="203.0.113.7", seen_at=START - age)  # fmt: skip
        came_to(world, seat, START - age, ip_address="203.0.113.7", user_agent="tests")


def messages(world: World) -> None:
    """Some due, some due in the day."""
    people = [world.person() for _ in range(4)]
    data: dict[str, str | int | None] = {"eventTitle": "Deep Rust"}
    later = real_now(world) + 20 * HOUR
    with db.transaction(SERVICE) as conn:
        enqueue(conn, [Notice(who, "waitlist_joined", "now", data) for who in people])
        enqueue(conn, [Notice(who, "waitlist_joined", "later", data, scheduled_for=later) for who in people])


def real_now(world: World) -> datetime:
    """By the database's clock."""
    return world.deployed.row("select now()")["now"]


def months(world: World) -> None:
    """Rows that have no month yet, two of them older than they are kept."""
    for months_ago in (0, 2, 15, 16):
        at = real_now(world).replace(day=15) - months_ago * timedelta(days=30.44)
        world.insert("analytics_events", event_name="a", event_category="error", created_at=at)


JOBS = {
    "release-expired-holds": PreparedSituation(unpaid_seats),
    "session-reminders": PreparedSituation(sessions_ahead, due_after=20 * HOUR),
    "generate-certificates": PreparedSituation(graduates),
    "update-event-status": PreparedSituation(courses_ahead),
    "process-referrals": PreparedSituation(paid_referrals),
    "payment-reconciliation": PreparedSituation(lost_payments),
    "process-refunds": PreparedSituation(recorded_refunds),
    "issue-receipts": PreparedSituation(unreceipted_money),
    "refresh-reports": PreparedSituation(visits_and_facts),
    "personal-data": PreparedSituation(people_to_forget),
    "send-notifications": PreparedSituation(messages),
    "analytics-months": PreparedSituation(months),
}
