"""release_expired_holds: a seat whose payment never came is free again, and only such a seat."""

from typing import Any

import pytest

from shared.payments.errors import GatewayDown
from tests.registrations.school import PAID, School


def counts(answer: dict[str, Any]) -> dict[str, int]:
    return {name: answer[name] for name in ("released", "confirmed", "waiting")}


def test_razorpay_is_asked_before_a_seat_is_freed(school: School) -> None:
    held = school.held()
    held.end_hold()
    assert counts(school.release_holds()) == {"released": 1, "confirmed": 0, "waiting": 0}
    asked = school.razorpay.requests("GET", f"/v1/orders/{held.order_id}/payments")
    assert len(asked) == 1
    assert (held.row["status"], held.row["payment_status"]) == ("expired", "failed")
    told = school.deployed.rows("select 1 from notifications_queue where template = 'hold_expired'")
    assert len(told) == 2
    assert counts(school.release_holds()) == {"released": 0, "confirmed": 0, "waiting": 0}


def test_a_payment_whose_webhook_was_lost_confirms_the_seat(school: School) -> None:
    held = school.held()
    school.razorpay.pay(held.order_id)
    held.end_hold()
    assert counts(school.release_holds()) == {"released": 0, "confirmed": 1, "waiting": 0}
    assert held.row == PAID
    school.deliver()
    assert held.row == PAID


def test_an_authorized_payment_keeps_its_seat(school: School) -> None:
    held = school.held()
    school.razorpay.pay(held.order_id, capture=False)
    held.end_hold()
    assert counts(school.release_holds()) == {"released": 0, "confirmed": 0, "waiting": 1}
    assert held.row["status"] == "pending"


@pytest.mark.parametrize("fault", ["bad_gateway", "rate_limit", "lost_answer", "server_error"])
def test_no_seat_is_freed_on_a_guess(school: School, fault: Any) -> None:
    held = school.held()
    held.end_hold()
    school.razorpay.break_api(fault)
    with pytest.raises(GatewayDown):
        school.release_holds()
    assert held.row["status"] == "pending"
    assert school.release_holds()["released"] == 1


def test_one_order_that_razorpay_refuses_to_show_keeps_no_other_seat(school: School) -> None:
    held = [school.held() for _ in range(3)]
    for each in held:
        each.end_hold()
    statement = "update payment_transactions set razorpay_order_id = 'order_AAAAAAAAAAAAAA' where registration_id = %s"
    school.deployed.rows(statement, held[1].id)
    assert counts(school.release_holds()) == {"released": 2, "confirmed": 0, "waiting": 1}


def test_a_seat_without_an_order_is_freed(school: School) -> None:
    school.razorpay.break_api("bad_gateway")
    user = school.deployed.profile()
    school.register(user, school.deployed.event())
    school.deployed.rows("update registrations set hold_expires_at = now() - interval '1 minute'")
    assert school.release_holds()["released"] == 1


def test_a_hold_that_has_not_ended_stays(school: School) -> None:
    held = school.held()
    assert counts(school.release_holds()) == {"released": 0, "confirmed": 0, "waiting": 0}
    assert held.row["status"] == "pending"


def test_money_that_comes_after_the_release_takes_a_free_seat_or_goes_back(school: School) -> None:
    held = school.held(capacity=2)
    held.end_hold()
    school.release_holds()
    school.razorpay.pay(held.order_id)
    school.deliver()
    assert held.row == PAID


def test_two_runs_at_once_release_a_seat_once(school: School) -> None:
    for _ in range(4):
        school.held().end_hold()
    answers = school.deployed.at_once(lambda _: school.release_holds(), range(4), threads=4)
    assert sum(answer["released"] for answer in answers) == 4
    told = school.deployed.rows("select 1 from notifications_queue where template = 'hold_expired'")
    assert len(told) == 8
