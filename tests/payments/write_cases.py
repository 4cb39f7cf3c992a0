"""One request or run of each kind that writes payments, seats or attendance, with its expected result."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared import db
from shared.actors import ANONYMOUS
from shared.errors import Unavailable
from tests.registrations.storefront import PAID, HeldSeat, Storefront
from tests.webhook.deliveries import Purchase, SignedEvent

type Action = Callable[[], object]
"""Sends one request or starts one run; raises Unavailable for a 503."""
type Check = Callable[[], object]
"""The result in the database, which is the same after any interruption."""


@dataclass(frozen=True)
class WriteCase:
    """`act` is repeated until it succeeds, after `again` each time; then `found` must equal `wanted`.

    The answer of a scheduled run (`is_run`) does not say that each of its items succeeded.
    """

    act: Action
    found: Check
    wanted: object
    again: Action = lambda: None
    is_run: bool = False


def notification_counts(storefront: Storefront, user: UUID) -> dict[str, int]:
    rows = storefront.deployed.rows(
        "select template, count(*) as n from notifications_queue where user_id = %s group by template", user
    )
    return {row["template"]: row["n"] for row in rows}


def purchase_of(held: HeldSeat) -> Purchase:
    return Purchase(held.order_id, held.id)


def capture(storefront: Storefront) -> WriteCase:
    held = held_seat(storefront)
    event = purchase_of(held).captured()
    return WriteCase(
        lambda: deliver_event(storefront, event), lambda: state(held), (PAID_ORDER, {"payment_success": 2})
    )


def refund(storefront: Storefront) -> WriteCase:
    held = held_seat(storefront)
    purchase = purchase_of(held)
    purchase.captured().deliver(storefront.deployed)
    event = purchase.refund(49_900)
    wanted = ({**PAID_ORDER, **RETURNED}, {"payment_success": 2, "payment_refunded": 2})
    return WriteCase(lambda: deliver_event(storefront, event), lambda: state(held), wanted)


def free_registration(storefront: Storefront) -> WriteCase:
    user, event = storefront.deployed.profile(), storefront.deployed.event(price_amount=0)

    def found() -> object:
        rows = storefront.deployed.rows("select status, payment_status from registrations where user_id = %s", user)
        return rows, notification_counts(storefront, user)

    wanted = ([{"status": "confirmed", "payment_status": "free"}], {"registration_confirmed": 2})
    return WriteCase(lambda: require_answer(storefront.register(user, event)), found, wanted)


def paid_registration(storefront: Storefront) -> WriteCase:
    user, event = storefront.deployed.profile(), storefront.deployed.event()

    def register() -> None:
        require_answer(storefront.register(user, event))
        row = storefront.deployed.row("select id from registrations where user_id = %s", user)
        require_answer(storefront.post(user, row["id"], "payment"))

    def found() -> object:
        return storefront.deployed.rows(
            """
            select r.status, t.status as order_status from registrations r
            left join payment_transactions t on t.registration_id = r.id where r.user_id = %s
            """,
            user,
        )

    return WriteCase(register, found, [{"status": "pending", "order_status": "initiated"}])


def verification(storefront: Storefront) -> WriteCase:
    held = held_seat(storefront)
    payment = storefront.razorpay.pay(held.order_id)["id"]
    return WriteCase(
        lambda: require_answer(held.verify(payment)), lambda: state(held), (PAID_ORDER, {"payment_success": 2})
    )


def refund_run(storefront: Storefront) -> WriteCase:
    held = held_seat(storefront, status="cancelled")
    storefront.razorpay.pay(held.order_id)
    storefront.deliver()
    payment = storefront.deployed.row(
        "select razorpay_payment_id as id from payment_transactions where razorpay_order_id = %s", held.order_id
    )["id"]

    def found() -> object:
        made = [each for each in storefront.razorpay.entities("refund") if each["payment_id"] == payment]
        return len(made), {key for key in storefront.refund_calls() if key == f"auto-{payment}"}, state(held)

    def pass_time() -> None:
        storefront.deployed.rows("update refunds set next_attempt_at = now() - interval '1 second'")

    wanted = (
        1,
        {f"auto-{payment}"},
        ({"status": "cancelled", "payment_status": "refunded", "order_status": "refunded"}, REFUND_TOLD),
    )
    return WriteCase(storefront.process_refunds, found, wanted, again=pass_time, is_run=True)


def release_run(storefront: Storefront) -> WriteCase:
    held = held_seat(storefront)
    held.expire_hold()
    wanted = ({"status": "expired", "payment_status": "failed", "order_status": "initiated"}, {"hold_expired": 2})
    return WriteCase(storefront.release_holds, lambda: state(held), wanted, is_run=True)


def reconciliation_run(storefront: Storefront) -> WriteCase:
    """A lost webhook that the check of open orders finds."""
    held = held_seat(storefront)
    storefront.deployed.rows(
        "update payment_transactions set created_at = now() - interval '20 minutes' where razorpay_order_id = %s",
        held.order_id,
    )
    payment = storefront.razorpay.pay(held.order_id)["id"]
    storefront.razorpay.take()

    def found() -> object:
        items = storefront.deployed.rows(
            "select verdict, repaired from reconciliation_items where razorpay_entity_id = %s order by created_at",
            payment,
        )
        return state(held), [(item["verdict"], item["repaired"]) for item in items]

    def end_lease() -> None:
        storefront.deployed.rows("update reconciliation_runs set lease_until = now() where lease_until is not null")

    return WriteCase(
        lambda: storefront.deployed.invoke("payment_reconciliation", {"source": "schedule"}),
        found,
        ((PAID_ORDER, {"payment_success": 2}), [("captured_not_confirmed", True), ("matched", False)]),
        again=end_lease,
        is_run=True,
    )


def delivery_run(storefront: Storefront) -> WriteCase:
    user = storefront.deployed.profile()
    storefront.deployed.rows(
        """
        insert into notifications_queue (user_id, type, channel, template, dedupe_key, data)
        values (%s, 'in_app', 'transactional', 'hold_expired', %s, '{"eventTitle": "Rust", "eventId": "x"}')
        """,
        user,
        str(user),
    )

    def found() -> object:
        inbox = storefront.deployed.rows("select 1 from in_app_notifications where user_id = %s", user)
        queued = storefront.deployed.row("select status from notifications_queue where user_id = %s", user)
        return len(inbox), queued["status"]

    def end_leases() -> None:
        storefront.deployed.rows("update notifications_queue set lease_until = now() where lease_until is not null")

    return WriteCase(
        lambda: storefront.deployed.invoke("send_notifications", {"source": "schedule"}),
        found,
        (1, "sent"),
        again=end_leases,
        is_run=True,
    )


def check_in(storefront: Storefront) -> WriteCase:
    starts = datetime.now(UTC) - timedelta(minutes=5)
    event = storefront.deployed.event(starts_at=starts, ends_at=starts + timedelta(hours=2))
    user = storefront.deployed.profile()
    body = {"registrationId": str(storefront.deployed.confirmed(user, event)), "eventId": str(event)}

    def act() -> None:
        path = "session-management"
        more: dict[str, Any] = {"user": user, "query": {"action": "checkin"}, "body": body}
        require_answer(storefront.deployed.request("session_management", "POST", path, **more))

    def found() -> object:
        stays = storefront.deployed.rows("select check_out_time from session_attendance where user_id = %s", user)
        tracked = storefront.deployed.rows("select event_name from analytics_events where user_id = %s", user)
        return stays, tracked

    return WriteCase(act, found, ([{"check_out_time": None}], [{"event_name": "session_check_in"}]))


def waitlist_claim(storefront: Storefront) -> WriteCase:
    user, event = storefront.deployed.profile(), storefront.deployed.event(capacity=1, price_amount=0)
    entry = storefront.deployed.row(
        """
        insert into event_waitlist (user_id, event_id, status, notified_at, expires_at)
        values (%s, %s, 'notified', now(), now() + interval '1 day') returning id
        """,
        user,
        event,
    )["id"]

    def act() -> None:
        require_answer(storefront.deployed.request("waitlist", "POST", f"waitlist/{entry}/claim", user=user, body={}))

    def found() -> object:
        offer = storefront.deployed.row("select status from event_waitlist where id = %s", entry)
        seats = storefront.deployed.rows("select status, payment_status from registrations where user_id = %s", user)
        return offer["status"], seats, notification_counts(storefront, user)

    seat = {"status": "confirmed", "payment_status": "free"}
    return WriteCase(act, found, ("registered", [seat], {"registration_confirmed": 2}))


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


def held_seat(storefront: Storefront, **registration: object) -> HeldSeat:
    deployed = storefront.deployed
    user = deployed.profile()
    columns = registration | ({"hold_expires_at": None} if registration else {})
    row = deployed.registration(user, deployed.event(), **columns)
    order = storefront.razorpay.open_order(49_900, receipt=row.hex)["id"]
    return HeldSeat(storefront, user, row, deployed.order(row, razorpay_order_id=order))


def state(held: HeldSeat) -> tuple[dict[str, Any], dict[str, int]]:
    row = held.row
    del row["receipts"]
    return row, notification_counts(held.storefront, held.user)


def deliver_event(storefront: Storefront, event: SignedEvent) -> None:
    require_answer(storefront.deployed.webhook(event.body, event_id=event.event_id))


def require_answer(answer: Any) -> None:
    """Raise Unavailable for a 503. A 409 is accepted: a repetition gets it when the first answer was lost."""
    if answer.status == 503:
        raise Unavailable("again")
    assert answer.status in (200, 201, 409), answer


def wait_for_server_rollback(storefront: Storefront) -> None:
    """Wait until PostgreSQL has noticed the cut connection and released its locks."""
    ours = "datname = current_database() and usename in ('user_login', 'worker_login')"
    while storefront.deployed.rows(f"select 1 from pg_stat_activity where {ours} and xact_start is not null"):
        pass


def warm_up() -> None:
    with db.transaction(ANONYMOUS):
        pass
