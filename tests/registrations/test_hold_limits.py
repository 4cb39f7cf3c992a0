"""One person does not keep seats from others by holding them again and again without paying."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.registrations import holds
from tests.deployed import Answer
from tests.registrations.storefront import HeldSeat, Storefront


def spelled(storefront: Storefront, count: int) -> list[UUID]:
    """Accounts of one mailbox."""
    return [storefront.deployed.profile(email=f"a.sha+{number}@gmail.com") for number in range(count)]


def code(answer: Answer) -> tuple[int, str | None]:
    return answer.status, answer.body.get("code")


def let_lapse(storefront: Storefront, user: UUID, event: UUID, times: int) -> None:
    for _ in range(times):
        answer = storefront.register(user, event)
        assert answer.status == 201, answer
        held = HeldSeat(storefront, user, UUID(answer.body["registration"]["id"]), answer.body["order"]["id"])
        held.expire_hold()
        storefront.release_holds()
        # Each an hour earlier, so that only their number counts.
        storefront.deployed.rows("update registrations set created_at = created_at - interval '1 hour'")


def test_spellings_of_one_mailbox_hold_one_seat(storefront: Storefront) -> None:
    event = storefront.deployed.event(capacity=3)
    answers = [storefront.register(user, event) for user in spelled(storefront, 3)]
    assert [code(answer) for answer in answers] == [(201, None), (409, "already_holding"), (409, "already_holding")]
    assert storefront.register(storefront.deployed.profile(), event).status == 201


def test_a_seat_that_is_paid_does_not_count(storefront: Storefront) -> None:
    """Somebody buys for the family."""
    event = storefront.deployed.event()
    first, second = spelled(storefront, 2)
    order = storefront.register(first, event).body["order"]["id"]
    storefront.razorpay.pay(order)
    storefront.deliver()
    assert storefront.register(second, event).status == 201


def test_the_wait_grows_with_each_hold_that_lapses_and_the_answer_says_how_long(storefront: Storefront) -> None:
    event = storefront.deployed.event()
    user, other = spelled(storefront, 2)
    let_lapse(storefront, user, event, holds.FREE_LAPSES)
    let_lapse(storefront, other, event, 1)
    for account in (user, other):
        answer = storefront.register(account, event)
        assert code(answer) == (429, "too_many_holds")
        assert 14 * 60 <= int(answer.headers["retry-after"]) <= 15 * 60
    assert storefront.register(user, storefront.deployed.event()).status == 201, "another course"
    past = datetime.now(UTC) - holds.FIRST_WAIT
    storefront.deployed.rows("update registrations set expired_at = %s where status = 'expired'", past)
    assert storefront.register(user, event).status == 201


def test_without_the_count_nobody_would_wait(storefront: Storefront, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the test above."""
    monkeypatch.setattr(holds, "wait_after", lambda lapses: timedelta(0))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    event = storefront.deployed.event()
    let_lapse(storefront, spelled(storefront, 1)[0], event, holds.FREE_LAPSES + 2)


def test_honest_retries_never_wait(storefront: Storefront) -> None:
    """A declined card, a closed browser, a payment that comes late: as in Razorpay's observed deliveries."""
    event = storefront.deployed.event()
    user = storefront.deployed.profile()
    answer = storefront.register(user, event)
    held = HeldSeat(storefront, user, UUID(answer.body["registration"]["id"]), answer.body["order"]["id"])
    for _ in range(3):
        storefront.razorpay.fail(held.order_id)
    storefront.deliver()
    assert storefront.post(user, held.id, "payment").status == 200
    held.expire_hold()
    storefront.deployed.rows("update payment_attempts set created_at = created_at - interval '1 hour'")
    storefront.release_holds()
    let_lapse(storefront, user, event, 1)
    late = storefront.register(user, event)
    storefront.razorpay.pay(late.body["order"]["id"])
    storefront.deliver()
    assert storefront.get(user, late.body["registration"]["id"]).body["registration"]["status"] == "confirmed"


def test_a_person_opens_so_many_orders_an_hour_without_paying(storefront: Storefront) -> None:
    user = storefront.deployed.profile()
    answers = [storefront.register(user, storefront.deployed.event()) for _ in range(holds.HOLDS_AN_HOUR + 1)]
    assert [answer.status for answer in answers] == [201] * holds.HOLDS_AN_HOUR + [429]
    assert 3_500 <= int(answers[-1].headers["retry-after"]) <= 3_600
    assert storefront.register(user, storefront.deployed.event(price_amount=0)).status == 201, "holds nothing"


def test_orders_that_are_paid_do_not_count(storefront: Storefront, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody buys many courses in an hour."""
    monkeypatch.setattr(holds, "HOLDS_AN_HOUR", 1)
    user = storefront.deployed.profile()
    for _ in range(3):
        answer = storefront.register(user, storefront.deployed.event())
        assert answer.status == 201
        storefront.razorpay.pay(answer.body["order"]["id"])
        storefront.deliver()
    assert storefront.register(user, storefront.deployed.event()).status == 201
    assert code(storefront.register(user, storefront.deployed.event())) == (429, "too_many_holds")


def test_an_administrator_lifts_the_limit(storefront: Storefront) -> None:
    event = storefront.deployed.event()
    user = storefront.deployed.profile()
    let_lapse(storefront, user, event, holds.FREE_LAPSES + 1)
    assert storefront.register(user, event).status == 429
    admin = storefront.deployed.profile(admin=True)
    lifted = storefront.deployed.request(
        "admin_sales", "POST", f"admin/users/{user}/lift-hold-limits", user=admin, groups=["admin"]
    )
    assert (lifted.status, lifted.body["user"]["id"]) == (200, str(user))
    assert storefront.deployed.row("select action from admin_audit_logs") == {"action": "user.lift_hold_limits"}
    assert storefront.register(user, event).status == 201


def test_a_mailbox_has_one_place_in_the_queue_and_lapsed_offers_cost_a_wait(storefront: Storefront) -> None:
    event = storefront.deployed.event(capacity=1)
    assert storefront.register(storefront.deployed.profile(), event).status == 201
    first, second = spelled(storefront, 2)

    def join(user: UUID) -> Answer:
        return storefront.deployed.request("waitlist", "POST", "waitlist", user=user, body={"eventId": str(event)})

    assert code(join(first)) == (201, None)
    assert code(join(second)) == (409, "already_waiting")
    storefront.deployed.rows("update event_waitlist set status = 'left'")
    for _ in range(holds.FREE_LAPSES + 1):
        storefront.deployed.rows(
            "insert into event_waitlist (event_id, user_id, status, notified_at, expires_at)"
            " values (%s, %s, 'expired', now() - interval '1 day', now())",
            event,
            first,
        )
    assert code(join(second)) == (429, "too_many_holds")
