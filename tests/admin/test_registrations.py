"""Administrators find registrations, and give, free and take back seats as the rules of seats and money have it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.admin.admin_client import AdminClient

REASON = "Speaker of the day"


def grant(client: AdminClient, event: UUID, **person: object) -> Any:
    person = {name: str(value) for name, value in person.items()}
    return client.request("POST", "registrations", {"eventId": str(event), "reason": REASON, **person})


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer.body["registrations"]]


def test_registrations_are_found_by_every_filter_and_in_pages(client: AdminClient) -> None:
    deployed = client.deployed
    event, other = deployed.event(), deployed.event()
    asha = deployed.profile(email="As.Ha+courses@gmail.com")
    seats = [deployed.confirmed(asha, event), deployed.registration(deployed.profile(), event)]
    elsewhere = deployed.registration(asha, other, status="expired", payment_status="failed")
    everything = {str(each) for each in (*seats, elsewhere)}
    assert set(ids(client.request("GET", "registrations"))) == everything
    assert set(ids(client.request("GET", "registrations", eventId=str(event)))) == {str(each) for each in seats}
    assert set(ids(client.request("GET", "registrations", email="asha@gmail.com"))) == {str(seats[0]), str(elsewhere)}
    assert ids(client.request("GET", "registrations", userId=str(asha), eventId=str(other))) == [str(elsewhere)]
    assert ids(client.request("GET", "registrations", status="pending")) == [str(seats[1])]
    assert ids(client.request("GET", "registrations", paymentStatus="failed")) == [str(elsewhere)]
    first = client.request("GET", "registrations", limit="2")
    rest = client.request("GET", "registrations", limit="2", cursor=first.body["nextCursor"])
    assert set(ids(first) + ids(rest)) == everything
    assert rest.body["nextCursor"] is None
    assert client.request("GET", "registrations", cursor="x").status == 422


def test_one_is_shown_with_its_payments_and_refunds(client: AdminClient) -> None:
    deployed = client.deployed
    registration = deployed.confirmed(deployed.profile(), deployed.event())
    order = deployed.paid_order(registration)
    answer = client.request("POST", f"registrations/{registration}/cancel", {"reason": "Came twice", "refund": "full"})
    shown = client.request("GET", f"registrations/{registration}")
    assert shown.body == answer.body
    assert [each["razorpayOrderId"] for each in shown.body["payments"]] == [order]
    assert [(each["amount"], each["reason"], each["status"]) for each in shown.body["refunds"]] == [
        (49_900, "admin", "requested")
    ]


@pytest.mark.parametrize(("refund", "amount"), [("full", 49_900), ("policy", 24_950), ("none", None)])
def test_a_seat_is_taken_back_with_the_refund_asked_for_and_offered_on(
    client: AdminClient, refund: str, amount: int | None
) -> None:
    deployed = client.deployed
    event = deployed.event(capacity=1, full_refund_hours=1000, partial_refund_hours=1)
    student, waiting = deployed.profile(), deployed.profile()
    registration = deployed.confirmed(student, event)
    deployed.paid_order(registration)
    deployed.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, waiting)
    answer = client.request(
        "POST", f"registrations/{registration}/cancel", {"reason": "Broke the rules", "refund": refund}
    )
    assert (answer.status, answer.body["registration"]["status"]) == (200, "cancelled")
    assert [each["amount"] for each in answer.body["refunds"]] == ([amount] if amount else [])
    told = deployed.rows("select user_id, template, data ->> 'reason' as reason from notifications_queue")
    assert {(each["user_id"], each["template"], each["reason"]) for each in told} == {
        (student, "registration_cancelled", "Broke the rules"),
        (waiting, "seat_offered", None),
    }
    assert deployed.handed_off()
    [row] = client.audit_rows()
    assert (row["action"], row["resource_id"]) == ("registration.cancel", str(registration))
    assert (row["old_values"]["status"], row["new_values"]["refund"]) == ("confirmed", refund)
    again = client.request("POST", f"registrations/{registration}/cancel", {"reason": "Again", "refund": "full"})
    assert (again.status, again.body["code"]) == (409, "nothing_to_cancel")
    assert len(client.audit_rows()) == 1


def test_a_seat_is_granted_by_mailbox_for_nothing_and_the_student_is_told(client: AdminClient) -> None:
    deployed = client.deployed
    event, student = deployed.event(), deployed.profile(email="Ravi@Example.com")
    deployed.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, student)
    answer = grant(client, event, email="ravi@example.com")
    got = answer.body["registration"]
    assert (answer.status, got["status"], got["paymentStatus"], got["amount"], got["source"]) == (
        201, "confirmed", "free", 0, "admin",
    )  # fmt: skip
    assert deployed.row("select status from event_waitlist")["status"] == "registered"
    assert {each["template"] for each in deployed.rows("select template from notifications_queue")} == {
        "registration_confirmed"
    }
    [row] = client.audit_rows()
    assert row["new_values"]["reason"] == REASON
    assert "example.com" not in str(row).lower()
    assert (again := grant(client, event, userId=student)).status == 409
    assert again.body["code"] == "already_registered"


def test_a_grant_that_cannot_be_is_refused_and_leaves_no_trace(client: AdminClient) -> None:
    deployed = client.deployed
    full, over = deployed.event(capacity=1), deployed.event(status="completed")
    deployed.confirmed(deployed.profile(), full)
    namesakes = [deployed.profile(email="asha.rao@gmail.com"), deployed.profile(email="asharao@gmail.com")]
    gone = deployed.profile(erased_at="2026-01-01T00:00:00Z")
    before = deployed.row("select count(*) from registrations")
    for person, event, status, code in (
        ({"userId": namesakes[0]}, full, 409, "event_full"),
        ({"userId": namesakes[0]}, over, 409, "event_over"),
        ({"email": "asharao@gmail.com"}, deployed.event(), 409, "ambiguous_email"),
        ({"email": "nobody@example.com"}, deployed.event(), 404, "not_found"),
        ({"userId": uuid4()}, deployed.event(), 404, "not_found"),
        ({"userId": gone}, deployed.event(), 404, "not_found"),
        ({"userId": namesakes[0]}, uuid4(), 404, "not_found"),
        ({}, full, 422, "invalid"),
        ({"userId": namesakes[0], "email": "asharao@gmail.com"}, full, 422, "invalid"),
    ):
        answer = grant(client, event, **person)
        assert (answer.status, answer.body["code"]) == (status, code), (person, answer)
    assert deployed.row("select count(*) from registrations") == before
    assert client.audit_rows() == []


def test_a_held_seat_is_let_free_once_and_money_for_it_would_go_back(client: AdminClient) -> None:
    deployed = client.deployed
    registration = deployed.registration(deployed.profile(), deployed.event())
    answer = client.request("POST", f"registrations/{registration}/confirm", {"reason": "Paid at the desk"})
    assert (answer.status, answer.body["registration"]["paymentStatus"]) == (200, "free")
    assert answer.body["registration"]["holdExpiresAt"] is None
    again = client.request("POST", f"registrations/{registration}/confirm", {"reason": "Paid at the desk"})
    assert (again.status, again.body["code"]) == (409, "not_held")
    [row] = client.audit_rows()
    assert row["old_values"] == {"status": "pending", "payment_status": "pending", "amount": 49_900, "source": "direct"}
