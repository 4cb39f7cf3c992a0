"""A payment whose webhook is lost: the reconciliation that the administrator starts finds it and confirms the seat."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from local.demo.journey import Journey, Json, eventually, expect

PRICE = 29_900
"""Paise."""


def lose_webhook(journey: Journey) -> str:
    """pays for another course and closes the browser; Razorpay's webhook is lost"""
    start = datetime.now(UTC) + timedelta(days=3)
    course: Json = {"title": "Reading query plans", "category": "technical", "capacity": 50, "priceAmount": PRICE}
    times = {"startsAt": start.isoformat(), "endsAt": (start + timedelta(hours=2)).isoformat()}
    event = journey.administer("POST", "events", course | times, status=201)["event"]
    journey.administer("POST", f"events/{event['id']}/publish")
    answer = journey.call("POST", "registrations", {"eventId": event["id"]}, status=201)
    journey.razorpay("_control/disturb_webhooks", {"drop_percent": 100})
    try:
        paid = journey.razorpay(f"checkout/{answer['order']['id']}/pay")
    finally:
        journey.razorpay("_control/disturb_webhooks")
    journey.lost = {"registration": answer["registration"], "payment": paid["razorpay_payment_id"]}
    status = _registration(journey)["status"]
    expect(status == "pending", f"the registration is {status}")
    return f"{journey.lost['payment']} is captured, the seat is {status}"


def reconcile(journey: Journey) -> str:
    """has the seat all the same, because the administrator reconciles with Razorpay"""
    run = _reconcile(journey)
    state = (_registration(journey)["status"], _registration(journey)["paymentStatus"])
    expect(state == ("confirmed", "completed"), f"the registration is {state}")
    expect(run["repaired"] >= 1, f"the run repaired {run['repaired']}")
    items = journey.administer("GET", f"reconciliation/items?entityId={journey.lost['payment']}")["items"]
    verdicts = [item["verdict"] for item in reversed(items)]
    expect(verdicts == ["captured_not_confirmed", "matched"], f"the report says {verdicts}")
    return f"the report says {', then '.join(verdicts)}; {run['counts']['matched']} comparisons matched"


def reconcile_again(journey: Journey) -> str:
    """is in order in a second reconciliation too"""
    run = _reconcile(journey)
    expect(not run["findings"], f"it found {run['findings']}")
    return f"nothing new; {run['counts']['matched']} comparisons matched"


STEPS = (lose_webhook, reconcile, reconcile_again)


def _reconcile(journey: Journey) -> Json:
    """The last two days in India, to the end."""
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    days = {"startDate": (today - timedelta(days=1)).isoformat(), "endDate": today.isoformat()}
    run_id = journey.administer("POST", "reconciliation/runs", days, status=201)["run"]["id"]

    def finished() -> Json | None:
        run = journey.administer("GET", f"reconciliation/runs/{run_id}")["run"]
        return run if run["status"] == "finished" else None

    return eventually(finished, "the reconciliation did not finish")


def _registration(journey: Journey) -> Json:
    return journey.call("GET", f"registrations/{journey.lost['registration']['id']}")["registration"]
