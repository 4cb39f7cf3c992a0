"""Administrators find registrations, and give, free and take back seats as the rules of seats and money have it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.admin.office import Office

REASON = "Speaker of the day"


def grant(office: Office, event: UUID, **person: object) -> Any:
    person = {name: str(value) for name, value in person.items()}
    return office.ask("POST", "registrations", {"eventId": str(event), "reason": REASON, **person})


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer.body["registrations"]]


def test_registrations_are_found_by_every_filter_and_in_pages(office: Office) -> None:
    deployed = office.deployed
    event, other = deployed.event(), deployed.event()
    asha = deployed.profile(email="As.Ha+courses@gmail.com")
    seats = [deployed.confirmed(asha, event), deployed.registration(deployed.profile(), event)]
    elsewhere = deployed.registration(asha, other, status="expired", payment_status="failed")
    everything = {str(each) for each in (*seats, elsewhere)}
    assert set(ids(office.ask("GET", "registrations"))) == everything
    assert set(ids(office.ask("GET", "registrations", eventId=str(event)))) == {str(each) for each in seats}
    assert set(ids(office.ask("GET", "registrations", email="asha@gmail.com"))) == {str(seats[0]), str(elsewhere)}
    assert ids(office.ask("GET", "registrations", userId=str(asha), eventId=str(other))) == [str(elsewhere)]
    assert ids(office.ask("GET", "registrations", status="pending")) == [str(seats[1])]
    assert ids(office.ask("GET", "registrations", paymentStatus="failed")) == [str(elsewhere)]
    first = office.ask("GET", "registrations", limit="2")
    rest = office.ask("GET", "registrations", limit="2", cursor=first.body["nextCursor"])
    assert set(ids(first) + ids(rest)) == everything
    assert rest.body["nextCursor"] is None
    assert office.ask("GET", "registrations", cursor="x").status == 422


def test_one_is_shown_with_its_payments_and_refunds(office: Office) -> None:
    deployed = office.deployed
    registration = deployed.confirmed(deployed.profile(), deployed.event())
    order = deployed.paid_order(registration)
    answer = office.ask("POST", f"registrations/{registration}/cancel", {"reason": "Came twice", "refund": "full"})
    shown = office.ask("GET", f"registrations/{registration}")
    assert shown.body == answer.body
    assert [each["razorpayOrderId"] for each in shown.body["payments"]] == [order]
    assert [(each["amount"], each["reason"], each["status"]) for each in shown.body["refunds"]] == [
        (49_900, "admin", "requested")
    ]


@pytest.mark.parametrize(("refund", "amount"), [("full", 49_900), ("policy", 24_950), ("none", None)])
def test_a_seat_is_taken_back_with_the_refund_asked_for_and_offered_on(
    office: Office, refund: str, amount: int | None
) -> None:
    deployed = office.deployed
    event = deployed.event(capacity=1, full_refund_hours=1000, partial_refund_hours=1)
    student, waiting = deployed.profile(), deployed.profile()
    registration = deployed.confirmed(student, event)
    deployed.paid_order(registration)
    deployed.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, waiting)
    answer = office.ask("POST", f"registrations/{registration}/cancel", {"reason": "Broke the rules", "refund": refund})
    assert (answer.status, answer.body["registration"]["status"]) == (200, "cancelled")
    assert [each["amount"] for each in answer.body["refunds"]] == ([amount] if amount else [])
    told = deployed.rows("select user_id, template, data ->> 'reason' as reason from notifications_queue")
    assert {(each["user_id"], each["template"], each["reason"]) for each in told} == {
        (student, "registration_cancelled", "Broke the rules"),
        (waiting, "seat_offered", None),
    }
    assert deployed.handed_off()
    [row] = office.audited()
    assert (row["action"], row["resource_id"]) == ("registration.cancel", str(registration))
    assert (row["old_values"]["status"], row["new_values"]["refund"]) == ("confirmed", refund)
    again = office.ask("POST", f"registrations/{registration}/cancel", {"reason": "Again", "refund": "full"})
    assert (again.status, again.body["code"]) == (409, "nothing_to_cancel")
    assert len(office.audited()) == 1


def test_a_seat_is_granted_by_mailbox_for_nothing_and_the_student_is_told(office: Office) -> None:
    deployed = office.deployed
    event, student = deployed.event(), deployed.profile(email="Ravi@Example.com")
    deployed.rows("insert into event_waitlist (event_id, user_id) values (%s, %s)", event, student)
    answer = grant(office, event, email="ravi@example.com")
    got = answer.body["registration"]
    assert (answer.status, got["status"], got["paymentStatus"], got["amount"], got["source"]) == (
        201, "confirmed", "free", 0, "admin",
    )  # fmt: skip
    assert deployed.row("select status from event_waitlist")["status"] == "registered"
    assert {each["template"] for each in deployed.rows("select template from notifications_queue")} == {
        "registration_confirmed"
    }
    [row] = office.audited()
    assert row["new_values"]["reason"] == REASON
    assert "example.com" not in str(row).lower()
    assert (again := grant(office, event, userId=student)).status == 409
    assert again.body["code"] == "already_registered"


def test_a_grant_that_cannot_be_is_refused_and_leaves_no_trace(office: Office) -> None:
    deployed = office.deployed
    full, over = deployed.event(capacity=1), deployed.event(status="completed")
    deployed.confirmed(deployed.profile(), full)
    twins = [deployed.profile(email="t.win@gmail.com"), deployed.profile(email="twin@gmail.com")]
    gone = deployed.profile(erased_at="2026-01-01T00:00:00Z")
    before = deployed.row("select count(*) from registrations")
    for person, event, status, code in (
        ({"userId": twins[0]}, full, 409, "event_full"),
        ({"userId": twins[0]}, over, 409, "event_over"),
        ({"email": "twin@gmail.com"}, deployed.event(), 409, "ambiguous_email"),
        ({"email": "nobody@example.com"}, deployed.event(), 404, "not_found"),
        ({"userId": uuid4()}, deployed.event(), 404, "not_found"),
        ({"userId": gone}, deployed.event(), 404, "not_found"),
        ({"userId": twins[0]}, uuid4(), 404, "not_found"),
        ({}, full, 422, "invalid"),
        ({"userId": twins[0], "email": "twin@gmail.com"}, full, 422, "invalid"),
    ):
        answer = grant(office, event, **person)
        assert (answer.status, answer.body["code"]) == (status, code), (person, answer)
    assert deployed.row("select count(*) from registrations") == before
    assert office.audited() == []


def test_a_held_seat_is_let_free_once_and_money_for_it_would_go_back(office: Office) -> None:
    deployed = office.deployed
    registration = deployed.registration(deployed.profile(), deployed.event())
    answer = office.ask("POST", f"registrations/{registration}/confirm", {"reason": "Paid at the desk"})
    assert (answer.status, answer.body["registration"]["paymentStatus"]) == (200, "free")
    assert answer.body["registration"]["holdExpiresAt"] is None
    again = office.ask("POST", f"registrations/{registration}/confirm", {"reason": "Paid at the desk"})
    assert (again.status, again.body["code"]) == (409, "not_held")
    [row] = office.audited()
    assert row["old_values"] == {"status": "pending", "payment_status": "pending", "amount": 49_900, "source": "direct"}
