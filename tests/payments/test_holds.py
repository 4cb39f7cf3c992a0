"""release_expired_holds: only seats without a payment are released."""

from typing import Any

import pytest

from shared.payments.errors import GatewayDown
from tests.registrations.storefront import PAID, Storefront


def counts(answer: dict[str, Any]) -> dict[str, int]:
    return {name: answer[name] for name in ("released", "confirmed", "waiting")}


def test_razorpay_is_asked_before_a_seat_is_freed(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    held.expire_hold()
    assert counts(storefront.release_holds()) == {"released": 1, "confirmed": 0, "waiting": 0}
    asked = storefront.razorpay.requests("GET", f"/v1/orders/{held.order_id}/payments")
    assert len(asked) == 1
    assert (held.row["status"], held.row["payment_status"]) == ("expired", "failed")
    told = storefront.deployed.rows("select 1 from notifications_queue where template = 'hold_expired'")
    assert len(told) == 2
    assert counts(storefront.release_holds()) == {"released": 0, "confirmed": 0, "waiting": 0}


def test_a_payment_whose_webhook_was_lost_confirms_the_seat(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    storefront.razorpay.pay(held.order_id)
    held.expire_hold()
    assert counts(storefront.release_holds()) == {"released": 0, "confirmed": 1, "waiting": 0}
    assert held.row == PAID
    storefront.deliver()
    assert held.row == PAID


def test_an_authorized_payment_keeps_its_seat(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    storefront.razorpay.pay(held.order_id, capture=False)
    held.expire_hold()
    assert counts(storefront.release_holds()) == {"released": 0, "confirmed": 0, "waiting": 1}
    assert held.row["status"] == "pending"


@pytest.mark.parametrize("fault", ["bad_gateway", "rate_limit", "lost_answer", "server_error"])
def test_no_seat_is_freed_without_an_answer_of_razorpay(storefront: Storefront, fault: Any) -> None:
    held = storefront.hold_seat()
    held.expire_hold()
    storefront.razorpay.break_api(fault)
    with pytest.raises(GatewayDown):
        storefront.release_holds()
    assert held.row["status"] == "pending"
    assert storefront.release_holds()["released"] == 1


def test_one_order_that_razorpay_refuses_to_show_keeps_no_other_seat(storefront: Storefront) -> None:
    held = [storefront.hold_seat() for _ in range(3)]
    for each in held:
        each.expire_hold()
    statement = "update payment_transactions set razorpay_order_id = 'order_AAAAAAAAAAAAAA' where registration_id = %s"
    storefront.deployed.rows(statement, held[1].id)
    assert counts(storefront.release_holds()) == {"released": 2, "confirmed": 0, "waiting": 1}


def test_a_seat_without_an_order_is_freed(storefront: Storefront) -> None:
    storefront.razorpay.break_api("bad_gateway")
    user = storefront.deployed.profile()
    storefront.register(user, storefront.deployed.event())
    storefront.deployed.rows("update registrations set hold_expires_at = now() - interval '1 minute'")
    assert storefront.release_holds()["released"] == 1


def test_a_hold_that_has_not_ended_stays(storefront: Storefront) -> None:
    held = storefront.hold_seat()
    assert counts(storefront.release_holds()) == {"released": 0, "confirmed": 0, "waiting": 0}
    assert held.row["status"] == "pending"


def test_money_that_comes_after_the_release_takes_a_free_seat_or_goes_back(storefront: Storefront) -> None:
    held = storefront.hold_seat(capacity=2)
    held.expire_hold()
    storefront.release_holds()
    storefront.razorpay.pay(held.order_id)
    storefront.deliver()
    assert held.row == PAID


def test_two_runs_at_once_release_a_seat_once(storefront: Storefront) -> None:
    for _ in range(4):
        storefront.hold_seat().expire_hold()
    answers = storefront.deployed.at_once(lambda _: storefront.release_holds(), range(4), threads=4)
    assert sum(answer["released"] for answer in answers) == 4
    told = storefront.deployed.rows("select 1 from notifications_queue where template = 'hold_expired'")
    assert len(told) == 8
