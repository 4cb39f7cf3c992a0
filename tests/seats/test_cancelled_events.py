"""Cancelling a course for everybody: at once, in pages, resumable, readable."""

from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.actors import SERVICE
from shared.cancellations import service as cancellations
from tests.deployed import DeployedFunctions


def admin_request(
    deployed: DeployedFunctions, admin: UUID, method: str, path: str, body: object = None
) -> dict[str, object]:
    answer = deployed.request("admin_courses", method, f"admin/events/{path}", user=admin, groups=["admin"], body=body)
    return {"status": answer.status, **answer.body}


@pytest.fixture
def sold_out(deployed: DeployedFunctions) -> UUID:
    """An event with 250 paid seats, three holds and five waitlist entries."""
    event_id = deployed.event(capacity=253)
    deployed.rows(
        """
        with people as (
            insert into profiles (id, email)
            select gen_random_uuid(), 'student' || n || '@example.com' from generate_series(1, 258) n
            returning id, email
        ), numbered as (
            select id, row_number() over (order by email) as n from people
        ), seats as (
            insert into registrations (user_id, event_id, status, payment_status, amount, currency, hold_expires_at,
                confirmed_at)
            select id, %s, case when n <= 250 then 'confirmed' else 'pending' end,
                case when n <= 250 then 'completed' else 'pending' end, 49900, 'INR', now() + interval '1 hour', now()
            from numbered where n <= 253
            returning id, user_id, status
        ), queue as (
            insert into event_waitlist (event_id, user_id) select %s, id from numbered where n > 253
        )
        insert into payment_transactions (registration_id, user_id, razorpay_order_id, razorpay_payment_id, status,
            amount, currency, paid_at)
        select id, user_id, 'order_' || id, 'pay_' || id, 'success', 49900, 'INR', now()
        from seats where status = 'confirmed'
        """,
        event_id,
        event_id,
    )
    return event_id


def left(deployed: DeployedFunctions) -> list[int]:
    row = deployed.row(
        """
        select (select count(*) from registrations where status in ('pending', 'confirmed')) as seats,
            (select count(*) from event_waitlist where status in ('waiting', 'notified')) as waiting,
            (select count(*) from refunds) as refunds,
            (select count(*) from notifications_queue where template = 'event_cancelled' and type = 'email') as told
        """
    )
    return [row["seats"], row["waiting"], row["refunds"], row["told"]]


def test_cancelling_an_event_cancels_refunds_notifies_and_is_audited(
    deployed: DeployedFunctions, sold_out: UUID
) -> None:
    admin = deployed.profile(admin=True)
    answer = admin_request(deployed, admin, "POST", f"{sold_out}/cancel", {"reason": "Ill"})
    assert answer["status"] == 200
    assert left(deployed) == [0, 0, 250, 258]
    assert answer["cancellation"] == {
        "registrationsLeft": 0,
        "registrationsCancelled": 253,
        "waitlistLeft": 0,
        "refunds": {
            "requested": 250,
            "pending": 0,
            "processed": 0,
            "failed": 0,
            "amount": 250 * 49_900,
            "processedAmount": 0,
        },
        "done": False,
    }
    again = admin_request(deployed, admin, "POST", f"{sold_out}/cancel", {"reason": "Ill"})
    assert again == answer
    audit = deployed.rows("select action from admin_audit_logs where resource_id = %s", str(sold_out))
    assert [row["action"] for row in audit] == ["event.cancel"]


def test_the_sweep_finishes_what_the_request_had_no_time_for(deployed: DeployedFunctions, sold_out: UUID) -> None:
    admin = deployed.profile(admin=True)
    deployed.context.remaining_ms = 0
    answer = admin_request(deployed, admin, "POST", f"{sold_out}/cancel", {"reason": "Ill"})
    assert answer["cancellation"]["registrationsLeft"] == 253  # pyright: ignore[reportIndexIssue]
    deployed.context.remaining_ms = 60_000
    swept = deployed.invoke("release_expired_holds", {"source": "schedule"})
    assert swept["emptied"] == 1
    assert left(deployed) == [0, 0, 250, 258]


def test_a_page_holds_a_hundred_registrations(deployed: DeployedFunctions, sold_out: UUID) -> None:
    deployed.rows("update events set status = 'cancelled', cancelled_at = now() where id = %s", sold_out)
    from_here = iter([True, False])
    assert not cancellations.cancel_remaining(SERVICE, sold_out, clock.now(), lambda: next(from_here))
    assert left(deployed)[0] == 153


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"capacity": 100}, "capacity_below_taken"),
        ({"fullRefundHours": 80}, "terms_agreed"),
        ({"title": None}, "invalid"),
    ],
)
def test_a_change_cannot_break_the_agreed_terms(
    deployed: DeployedFunctions, sold_out: UUID, change: object, code: str
) -> None:
    admin = deployed.profile(admin=True)
    assert admin_request(deployed, admin, "PATCH", str(sold_out), change)["code"] == code


@pytest.mark.parametrize("field", ["title", "capacity", "startsAt", "timeZone"])
def test_what_a_course_must_have_cannot_be_emptied(deployed: DeployedFunctions, sold_out: UUID, field: str) -> None:
    admin = deployed.profile(admin=True)
    answer: Any = admin_request(deployed, admin, "PATCH", str(sold_out), {field: None})
    assert [error["field"] for error in answer["errors"]] == [field]


def test_added_seats_are_offered_to_the_waitlist(deployed: DeployedFunctions, sold_out: UUID) -> None:
    admin = deployed.profile(admin=True)
    assert admin_request(deployed, admin, "PATCH", str(sold_out), {"capacity": 255})["status"] == 200
    waiting = deployed.rows("select status from event_waitlist order by joined_at, id")
    assert sorted(row["status"] for row in waiting) == ["notified"] * 2 + ["waiting"] * 3
    audit = deployed.row("select old_values, new_values from admin_audit_logs")
    assert audit == {"old_values": {"capacity": 253}, "new_values": {"capacity": 255}}
