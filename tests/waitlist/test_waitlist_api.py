"""The waitlist, cancelling and the rewards as their callers see them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.deployed import SERVICE_KEY, DeployedFunctions


def join(deployed: DeployedFunctions, who: UUID, event_id: UUID) -> str:
    answer = deployed.request("waitlist", "POST", "waitlist", user=who, body={"eventId": str(event_id)})
    assert answer.status == 201, answer.raw
    return answer.body["entry"]["id"]


@pytest.fixture
def full(deployed: DeployedFunctions) -> tuple[UUID, UUID, UUID]:
    """A free course of one seat, who has it, and the registration."""
    event_id = deployed.event(capacity=1, price_amount=0)
    holder = deployed.profile(email="{id}@example.com")
    seat = deployed.confirmed(holder, event_id, payment_status="free", amount=0)
    return event_id, holder, seat


def test_a_freed_seat_is_offered_claimed_and_confirmed(
    deployed: DeployedFunctions, full: tuple[UUID, UUID, UUID]
) -> None:
    event_id, holder, seat = full
    first, second = deployed.profile(), deployed.profile()
    entry, behind = join(deployed, first, event_id), join(deployed, second, event_id)
    deployed.request("registrations", "POST", f"registrations/{seat}/cancel", user=holder)
    listed = deployed.request("waitlist", "GET", "waitlist", user=first)
    assert [each["status"] for each in listed.body["waitlist"]] == ["notified"]
    listed = deployed.request("waitlist", "GET", "waitlist", user=second)
    assert [(each["id"], each["position"]) for each in listed.body["waitlist"]] == [(behind, 1)]
    claimed = deployed.request("waitlist", "POST", f"waitlist/{entry}/claim", user=first, body={})
    assert (claimed.status, claimed.body["registration"]["status"]) == (200, "confirmed")
    again = deployed.request("waitlist", "POST", f"waitlist/{entry}/claim", user=first)
    assert again.body["registration"]["id"] == claimed.body["registration"]["id"]


def test_joining_twice_is_one_place(deployed: DeployedFunctions, full: tuple[UUID, UUID, UUID]) -> None:
    who = deployed.profile()
    entry = join(deployed, who, full[0])
    again = deployed.request("waitlist", "POST", "waitlist", user=who, body={"eventId": str(full[0])})
    assert (again.status, again.body["entry"]["id"], again.body["entry"]["position"]) == (200, entry, 1)


def test_joining_is_refused_while_seats_are_left_or_to_who_has_one(
    deployed: DeployedFunctions, full: tuple[UUID, UUID, UUID]
) -> None:
    event_id, holder, _ = full
    with_seats = deployed.event(capacity=1)
    refused = [
        deployed.request("waitlist", "POST", "waitlist", user=who, body={"eventId": str(of)}).body["code"]
        for who, of in ((holder, with_seats), (holder, event_id))
    ]
    assert refused == ["seats_left", "already_registered"]


def test_another_ones_place_is_as_absent_as_none(deployed: DeployedFunctions, full: tuple[UUID, UUID, UUID]) -> None:
    entry = join(deployed, deployed.profile(), full[0])
    stranger = deployed.profile()
    for method, path in (("POST", f"waitlist/{entry}/claim"), ("DELETE", f"waitlist/{entry}")):
        answer = deployed.request("waitlist", method, path, user=stranger, body={} if method == "POST" else None)
        assert (answer.status, answer.body["code"]) == (404, "not_found")


def test_leaving_passes_an_offer_on(deployed: DeployedFunctions, full: tuple[UUID, UUID, UUID]) -> None:
    event_id, holder, seat = full
    first, second = deployed.profile(), deployed.profile()
    entry, behind = join(deployed, first, event_id), join(deployed, second, event_id)
    deployed.request("registrations", "POST", f"registrations/{seat}/cancel", user=holder)
    for _ in range(2):
        left = deployed.request("waitlist", "DELETE", f"waitlist/{entry}", user=first)
        assert (left.status, left.body["entry"]["status"]) == (200, "left")
    assert deployed.row("select status from event_waitlist where id = %s", behind) == {"status": "notified"}


@pytest.mark.parametrize(
    ("hours", "refund"), [(72.01, 49_900), (71.99, 24_950), (24.01, 24_950), (23.99, None), (0.1, None)]
)
def test_cancelling_refunds_by_the_events_policy(deployed: DeployedFunctions, hours: float, refund: int | None) -> None:
    start = datetime.now(UTC) + timedelta(hours=hours)
    event_id = deployed.event(starts_at=start, ends_at=start + timedelta(hours=2))
    who = deployed.profile()
    seat = deployed.confirmed(who, event_id)
    deployed.paid_order(seat)
    answers = [deployed.request("registrations", "POST", f"registrations/{seat}/cancel", user=who) for _ in range(2)]
    for answer in answers:
        assert answer.body["registration"]["status"] == "cancelled"
        assert (answer.body["refund"] or {}).get("amount") == refund
    assert len(deployed.rows("select id from refunds")) == (0 if refund is None else 1)


def test_a_started_course_cannot_be_cancelled(deployed: DeployedFunctions) -> None:
    event_id = deployed.event(starts_at=datetime.now(UTC) - timedelta(minutes=1))
    who = deployed.profile()
    seat = deployed.confirmed(who, event_id)
    answer = deployed.request("registrations", "POST", f"registrations/{seat}/cancel", user=who)
    assert (answer.status, answer.body["code"]) == (409, "already_started")


def test_process_referrals_answers_as_specified(deployed: DeployedFunctions) -> None:
    event_id, referrer = deployed.event(), deployed.profile()
    referrals: list[str] = []
    for _ in range(2):
        friend = deployed.profile()
        seat = deployed.confirmed(friend, event_id)
        row = deployed.row(
            "insert into referrals (referrer_id, referred_user_id, event_id, registration_id) "
            "values (%s, %s, %s, %s) returning id::text",
            referrer,
            friend,
            event_id,
            seat,
        )
        referrals.append(row["id"])
    bearer = {"authorization": f"Bearer {SERVICE_KEY}"}
    answer = deployed.request("process_referrals", "POST", "process-referrals", headers=bearer)
    assert answer.status == 200
    assert answer.body["success"] is True
    assert (answer.body["processedReferrals"], answer.body["rewardsGranted"]) == (2, 1)
    assert sorted(answer.body["details"]["referrals"]) == sorted(referrals)
    (reward,) = answer.body["details"]["rewards"]
    assert (reward["referrerId"], reward["kind"]) == (str(referrer), "free_access")
    again = deployed.invoke("process_referrals", {"source": "schedule", "job": "process-referrals"})
    assert again == {
        "success": True,
        "processedReferrals": 0,
        "rewardsGranted": 0,
        "details": {"referrals": [], "rewards": []},
    }
    own = deployed.request("account", "GET", "referrals", user=referrer)
    assert (own.body["counts"]["rewarded"], len(own.body["rewards"])) == (2, 1)
    assert own.body["shareUrl"].endswith(own.body["code"])


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}])
def test_process_referrals_needs_the_service_bearer(deployed: DeployedFunctions, headers: dict[str, str]) -> None:
    assert deployed.request("process_referrals", "POST", "process-referrals", headers=headers).status == 401
