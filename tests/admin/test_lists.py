"""Lists for administrators: payments, queues, feedback, what a person was sent, broadcasts; as pages and as CSV."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from tests.admin.admin_client import AdminClient


@pytest.fixture
def paid(client: AdminClient) -> UUID:
    """The id of a paid order of 499.00 INR, half of which is going back."""
    platform = client.deployed
    event = platform.event(price_amount=49_900)
    user = platform.profile(full_name="=cmd()")
    seat = platform.registration(
        user, event, status="confirmed", payment_status="completed", amount=49_900, confirmed_at=datetime.now(UTC),
        hold_expires_at=None,
    )  # fmt: skip
    (order,) = platform.rows(
        """
        insert into payment_transactions (registration_id, user_id, razorpay_order_id, razorpay_payment_id, status,
            amount, currency, paid_at)
        values (%s, %s, 'order_1', 'pay_1', 'success', 49900, 'INR', now()) returning id
        """,
        seat, user,
    )  # fmt: skip
    return UUID(str(order["id"]))


def test_payments_are_found_by_course_and_state(client: AdminClient, paid: UUID) -> None:
    found = client.request("GET", "payments", status="success").body["payments"]
    assert [(each["id"], each["amount"], each["refundedAmount"]) for each in found] == [(str(paid), 49_900, 0)]
    event = found[0]["eventId"]
    assert len(client.request("GET", "payments", eventId=event).body["payments"]) == 1
    assert client.request("GET", "payments", eventId=str(uuid4())).body["payments"] == []


@pytest.mark.parametrize("path", ["payments", "registrations"])
def test_a_sheet_has_a_heading_and_no_formula(client: AdminClient, paid: UUID, path: str) -> None:
    answer = client.request("GET", path, format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f'filename="{path}.csv"' in answer.headers["content-disposition"]
    row, *_ = csv.DictReader(io.StringIO(answer.raw.removeprefix("\ufeff")))
    assert "event_title" in row
    assert (row["amount_minor"], row["amount_major"], row["currency"]) == ("49900", "499.00", "INR")
    assert "amount" not in row
    assert str(paid) in row.values() or any(cell.startswith("'=cmd()") for cell in row.values())


def test_the_queue_and_the_feedback_of_a_course_are_shown(client: AdminClient) -> None:
    platform = client.deployed
    event, user = platform.event(), platform.profile()
    platform.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, user)
    seat = platform.registration(
        user, event, status="confirmed", payment_status="free", confirmed_at=datetime.now(UTC), hold_expires_at=None
    )
    platform.rows(
        """
        insert into event_feedback (registration_id, user_id, event_id, rating, comments) values (%s, %s, %s, 4, 'Good')
        """,
        seat, user, event,
    )  # fmt: skip
    waiting = client.request("GET", f"events/{event}/waitlist").body["waitlist"]
    assert [(each["userId"], each["status"]) for each in waiting] == [(str(user), "waiting")]
    feedback = client.request("GET", f"events/{event}/feedback").body["feedback"]
    assert [(each["rating"], each["comments"]) for each in feedback] == [(4, "Good")]
    for part in ("waitlist", "feedback"):
        assert client.request("GET", f"events/{uuid4()}/{part}").status == 404


def test_everything_a_person_was_sent_is_listed_in_pages(client: AdminClient) -> None:
    user = client.deployed.profile()
    for number in range(3):
        client.deployed.rows(
            """
            insert into notifications_queue (user_id, type, channel, template, dedupe_key)
            values (%s, 'email', 'transactional', 'payment_received', %s)
            """,
            user, f"test {number}",
        )  # fmt: skip
    first = client.request("GET", "notifications/sent", userId=str(user), limit="2").body
    second = client.request("GET", "notifications/sent", userId=str(user), limit="2", cursor=first["nextCursor"]).body
    ids = [each["id"] for each in (*first["notifications"], *second["notifications"])]
    assert (len(ids), len(set(ids)), second["nextCursor"]) == (3, 3, None)
    assert client.request("GET", "notifications/sent", userId=str(uuid4())).body["notifications"] == []


def test_broadcasts_are_listed_by_course(client: AdminClient) -> None:
    event = client.deployed.event()
    body = {"eventId": str(event), "title": "Bring a laptop", "message": "And a charger."}
    assert client.request("POST", "notifications/broadcasts", body).status == 201
    found = client.request("GET", "notifications/broadcasts", eventId=str(event)).body["broadcasts"]
    assert [each["title"] for each in found] == ["Bring a laptop"]
    assert client.request("GET", "notifications/broadcasts", eventId=str(uuid4())).body["broadcasts"] == []
