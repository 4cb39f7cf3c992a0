"""What writes money, seats and stays: one request or run of each kind, and what must have become of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared import db
from shared.actors import ANONYMOUS
from shared.errors import Unavailable
from tests.registrations.school import PAID, Held, School
from tests.webhook.deliveries import Purchase, Signed

type Act = Callable[[], object]
"""Does one request or run; raises Unavailable, or answers whatever it answers."""
type Check = Callable[[], object]
"""What has become of it; the same whatever broke on the way."""


@dataclass(frozen=True)
class Case:
    """`act` is done until it works, with `again` in between; then `found` must be `wanted`.

    A schedule's run answers for itself and not for each thing it found to do.
    """

    act: Act
    found: Check
    wanted: object
    again: Act = lambda: None
    is_run: bool = False


def told(school: School, user: UUID) -> dict[str, int]:
    rows = school.deployed.rows(
        "select template, count(*) as n from notifications_queue where user_id = %s group by template", user
    )
    return {row["template"]: row["n"] for row in rows}


def purchase_of(held: Held) -> Purchase:
    return Purchase(held.order_id, held.id)


def capture(school: School) -> Case:
    held = hold(school)
    event = purchase_of(held).captured()
    return Case(lambda: delivered(school, event), lambda: state(held), (PAID_ORDER, {"payment_success": 2}))


def refund(school: School) -> Case:
    held = hold(school)
    purchase = purchase_of(held)
    purchase.captured().deliver(school.deployed)
    event = purchase.refund(49_900)
    wanted = ({**PAID_ORDER, **RETURNED}, {"payment_success": 2, "payment_refunded": 2})
    return Case(lambda: delivered(school, event), lambda: state(held), wanted)


def free_registration(school: School) -> Case:
    user, event = school.deployed.profile(), school.deployed.event(price_amount=0)

    def found() -> object:
        rows = school.deployed.rows("select status, payment_status from registrations where user_id = %s", user)
        return rows, told(school, user)

    wanted = ([{"status": "confirmed", "payment_status": "free"}], {"registration_confirmed": 2})
    return Case(lambda: answered(school.register(user, event)), found, wanted)


def paid_registration(school: School) -> Case:
    user, event = school.deployed.profile(), school.deployed.event()

    def register() -> None:
        answered(school.register(user, event))
        row = school.deployed.row("select id from registrations where user_id = %s", user)
        answered(school.post(user, row["id"], "payment"))

    def found() -> object:
        return school.deployed.rows(
            """
            select r.status, t.status as order_status from registrations r
            left join payment_transactions t on t.registration_id = r.id where r.user_id = %s
            """,
            user,
        )

    return Case(register, found, [{"status": "pending", "order_status": "initiated"}])


def verification(school: School) -> Case:
    held = hold(school)
    payment = school.razorpay.pay(held.order_id)["id"]
    return Case(lambda: answered(held.verify(payment)), lambda: state(held), (PAID_ORDER, {"payment_success": 2}))


def refund_run(school: School) -> Case:
    held = hold(school, status="cancelled")
    school.razorpay.pay(held.order_id)
    school.deliver()
    payment = school.deployed.row(
        "select razorpay_payment_id as id from payment_transactions where razorpay_order_id = %s", held.order_id
    )["id"]

    def found() -> object:
        made = [each for each in school.razorpay.entities("refund") if each["payment_id"] == payment]
        return len(made), {key for key in school.refund_calls() if key == f"auto-{payment}"}, state(held)

    def pass_time() -> None:
        school.deployed.rows("update refunds set next_attempt_at = now() - interval '1 second'")

    wanted = (
        1,
        {f"auto-{payment}"},
        ({"status": "cancelled", "payment_status": "refunded", "order_status": "refunded"}, REFUND_TOLD),
    )
    return Case(school.process_refunds, found, wanted, again=pass_time, is_run=True)


def release_run(school: School) -> Case:
    held = hold(school)
    held.end_hold()
    wanted = ({"status": "expired", "payment_status": "failed", "order_status": "initiated"}, {"hold_expired": 2})
    return Case(school.release_holds, lambda: state(held), wanted, is_run=True)


def reconciliation_run(school: School) -> Case:
    """A lost webhook, found by asking about open orders."""
    held = hold(school)
    school.deployed.rows(
        "update payment_transactions set created_at = now() - interval '20 minutes' where razorpay_order_id = %s",
        held.order_id,
    )
    payment = school.razorpay.pay(held.order_id)["id"]
    school.razorpay.take()

    def found() -> object:
        items = school.deployed.rows(
            "select verdict, repaired from reconciliation_items where razorpay_entity_id = %s order by created_at",
            payment,
        )
        return state(held), [(item["verdict"], item["repaired"]) for item in items]

    def end_lease() -> None:
        school.deployed.rows("update reconciliation_runs set lease_until = now() where lease_until is not null")

    return Case(
        lambda: school.deployed.invoke("payment_reconciliation", {"source": "schedule"}),
        found,
        ((PAID_ORDER, {"payment_success": 2}), [("captured_not_confirmed", True), ("matched", False)]),
        again=end_lease,
        is_run=True,
    )


def delivery_run(school: School) -> Case:
    user = school.deployed.profile()
    school.deployed.rows(
        """
        insert into notifications_queue (user_id, type, channel, template, dedupe_key, data)
        values (%s, 'in_app', 'transactional', 'hold_expired', %s, '{"eventTitle": "Rust", "eventId": "x"}')
        """,
        user,
        str(user),
    )

    def found() -> object:
        inbox = school.deployed.rows("select 1 from in_app_notifications where user_id = %s", user)
        queued = school.deployed.row("select status from notifications_queue where user_id = %s", user)
        return len(inbox), queued["status"]

    def end_leases() -> None:
        school.deployed.rows("update notifications_queue set lease_until = now() where lease_until is not null")

    return Case(
        lambda: school.deployed.invoke("send_notifications", {"source": "schedule"}),
        found,
        (1, "sent"),
        again=end_leases,
        is_run=True,
    )


def check_in(school: School) -> Case:
    starts = datetime.now(UTC) - timedelta(minutes=5)
    event = school.deployed.event(starts_at=starts, ends_at=starts + timedelta(hours=2))
    user = school.deployed.profile()
    body = {"registrationId": str(school.deployed.confirmed(user, event)), "eventId": str(event)}

    def act() -> None:
        path = "session-management"
        more: dict[str, Any] = {"user": user, "query": {"action": "checkin"}, "body": body}
        answered(school.deployed.request("session_management", "POST", path, **more))

    def found() -> object:
        stays = school.deployed.rows("select check_out_time from session_attendance where user_id = %s", user)
        tracked = school.deployed.rows("select event_name from analytics_events where user_id = %s", user)
        return stays, tracked

    return Case(act, found, ([{"check_out_time": None}], [{"event_name": "session_check_in"}]))


def waitlist_claim(school: School) -> Case:
    user, event = school.deployed.profile(), school.deployed.event(capacity=1, price_amount=0)
    entry = school.deployed.row(
        """
        insert into event_waitlist (user_id, event_id, status, notified_at, expires_at)
        values (%s, %s, 'notified', now(), now() + interval '1 day') returning id
        """,
        user,
        event,
    )["id"]

    def act() -> None:
        answered(school.deployed.request("waitlist", "POST", f"waitlist/{entry}/claim", user=user, body={}))

    def found() -> object:
        offer = school.deployed.row("select status from event_waitlist where id = %s", entry)
        seats = school.deployed.rows("select status, payment_status from registrations where user_id = %s", user)
        return offer["status"], seats, told(school, user)

    seat = {"status": "confirmed", "payment_status": "free"}
    return Case(act, found, ("registered", [seat], {"registration_confirmed": 2}))


PAID_ORDER = {name: PAID[name] for name in ("status", "payment_status", "order_status")}
RETURNED = {"status": "cancelled", "payment_status": "refunded", "order_status": "refunded"}
REFUND_TOLD = {"refund_started": 2, "payment_refunded": 2}
CASES = (
    capture,
    refund,
    free_registration,
    paid_registration,
    verification,
    refund_run,
    release_run,
    reconciliation_run,
    delivery_run,
    check_in,
    waitlist_claim,
)


def hold(school: School, **registration: object) -> Held:
    deployed = school.deployed
    user = deployed.profile()
    columns = registration | ({"hold_expires_at": None} if registration else {})
    row = deployed.registration(user, deployed.event(), **columns)
    order = school.razorpay.open_order(49_900, receipt=row.hex)["id"]
    return Held(school, user, row, deployed.order(row, razorpay_order_id=order))


def state(held: Held) -> tuple[dict[str, Any], dict[str, int]]:
    row = held.row
    del row["receipts"]
    return row, told(held.school, held.user)


def delivered(school: School, event: Signed) -> None:
    answered(school.deployed.webhook(event.body, event_id=event.event_id))


def answered(answer: Any) -> None:
    """A 503 is a failure to be repeated; a conflict is what a repetition gets whose first answer was lost."""
    if answer.status == 503:
        raise Unavailable("again")
    assert answer.status in (200, 201, 409), answer


def let_the_server_notice(school: School) -> None:
    """What a cut transaction had locked stays locked until the server has heard of the cut, a moment later."""
    ours = "datname = current_database() and usename in ('app_login', 'worker_login')"
    while school.deployed.rows(f"select 1 from pg_stat_activity where {ours} and xact_start is not null"):
        pass


def warm_up() -> None:
    with db.transaction(ANONYMOUS):
        pass
