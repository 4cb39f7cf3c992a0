"""Administrators start runs, read what they found, and download it; nobody else does."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.clock import in_zone
from tests.admin.admin_client import AdminClient
from tests.reconciliation.scenario import ReconciliationScenario

PATH = "reconciliation"
TODAY = in_zone(datetime.now(UTC), "Asia/Kolkata").date()
DAYS = {"startDate": (TODAY - timedelta(days=3)).isoformat(), "endDate": (TODAY + timedelta(days=1)).isoformat()}


@pytest.fixture
def client(scenario: ReconciliationScenario) -> AdminClient:
    return AdminClient(scenario.deployed, scenario.deployed.profile(admin=True))


def table(raw: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.removeprefix("\ufeff"))))


def drift(scenario: ReconciliationScenario) -> dict[str, str]:
    """A lost webhook, a payment nobody knows, and a seat that is in order; the payments."""
    held = scenario.held_seat()
    lost = scenario.razorpay.pay(held.order_id)["id"]
    unknown = scenario.razorpay.pay(scenario.razorpay.open_order(12_300)["id"])["id"]
    scenario.drop_webhooks()
    return {"lost": lost, "unknown": unknown, "matched": scenario.paid_seat()[1]}


def test_an_administrator_starts_a_run_that_the_job_works_off(
    scenario: ReconciliationScenario, client: AdminClient
) -> None:
    paid = drift(scenario)
    started = client.request("POST", f"{PATH}/runs", DAYS)
    assert started.status == 201
    run = started.body["run"]
    assert (run["kind"], run["status"], run["counts"], run["requestedBy"]) == (
        "requested",
        "running",
        {},
        str(client.admin),
    )
    again = client.request("POST", f"{PATH}/runs", DAYS)
    assert (again.status, again.body["run"]["id"]) == (200, run["id"])
    assert [(each["action"], each["resource_id"], each["new_values"]) for each in client.audit_rows()] == [
        ("reconciliation.start", run["id"], DAYS),
        ("reconciliation.resume", run["id"], DAYS),
    ]
    scenario.continue_runs()
    done = client.request("GET", f"{PATH}/runs/{run['id']}").body["run"]
    assert (done["status"], done["counts"]) == ("finished", {"matched": 2, "unknown_payment": 1})
    assert (done["findings"], done["repaired"]) == ({"captured_not_confirmed": 1, "unknown_payment": 1}, 1)
    assert client.request("POST", f"{PATH}/runs", DAYS).body["run"]["id"] != run["id"], "that one has finished"
    items = client.request("GET", f"{PATH}/items", entityId=paid["lost"]).body["items"]
    assert [(item["verdict"], item["repaired"]) for item in items] == [
        ("matched", False),
        ("captured_not_confirmed", True),
    ]


def test_items_come_filtered_and_in_pages(scenario: ReconciliationScenario, client: AdminClient) -> None:
    paid = drift(scenario)
    scenario.reconcile()

    def found(**query: str) -> list[tuple[str, str]]:
        answer = client.request("GET", f"{PATH}/items", **query)
        assert answer.status == 200, answer
        return [(item["entityId"], item["verdict"]) for item in answer.body["items"]]

    assert len(found()) == 4
    assert found(verdict="unknown_payment") == [(paid["unknown"], "unknown_payment")]
    assert found(repaired="true") == [(paid["lost"], "captured_not_confirmed")]
    assert set(found(standing="true")) == {
        (paid["lost"], "matched"),
        (paid["matched"], "matched"),
        (paid["unknown"], "unknown_payment"),
    }
    assert found(runId=str(uuid4())) == []
    assert found(comparison="refund") == []
    seen: list[str] = []
    query: dict[str, str] = {"limit": "3"}
    while True:
        page = client.request("GET", f"{PATH}/items", **query).body
        seen += [item["id"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert len(seen) == len(set(seen)) == 4


def test_the_report_is_downloaded_as_a_table(scenario: ReconciliationScenario, client: AdminClient) -> None:
    paid = drift(scenario)
    scenario.reconcile()
    answer = client.request("GET", f"{PATH}/items", standing="true", format="csv")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="reconciliation.csv"'
    rows = {row["entity_id"]: row for row in table(answer.raw)}
    assert rows.keys() == set(paid.values())
    assert rows[paid["unknown"]]["verdict"] == "unknown_payment"
    lost = rows[paid["lost"]]
    assert (lost["theirs_amount_minor"], lost["theirs_amount_major"]) == ("49900", "499.00")
    assert (lost["theirs_fee_minor"], lost["theirs_fee_major"]) == ("1178", "11.78")
    assert {"ours_registration_status", "theirs_settlement_id", "theirs_amount_refunded_major"} <= lost.keys()


def test_runs_come_in_pages_by_kind_and_status(scenario: ReconciliationScenario, client: AdminClient) -> None:
    for _ in range(3):
        scenario.reconcile()
    scenario.sweep()
    first = client.request("GET", f"{PATH}/runs", kind="requested", status="finished", limit="2").body
    rest = client.request("GET", f"{PATH}/runs", kind="requested", limit="2", cursor=first["nextCursor"]).body
    assert (len(first["runs"]), len(rest["runs"]), rest["nextCursor"]) == (2, 1, None)
    assert [run["kind"] for run in client.request("GET", f"{PATH}/runs", kind="open_orders").body["runs"]] == [
        "open_orders"
    ]


def test_settlements_are_shown_with_what_they_are_made_of(
    scenario: ReconciliationScenario, client: AdminClient
) -> None:
    with scenario.ago(days=2):
        payment = scenario.paid_seat()[1]
        adjustment = scenario.razorpay.adjust(credit=700)["id"]
        settled = scenario.razorpay.settle()
    assert settled
    scenario.reconcile()
    listed = client.request("GET", f"{PATH}/settlements", **DAYS).body["settlements"]
    assert [(each["id"], each["amount"], each["rowsAmount"], each["rows"], each["utr"]) for each in listed] == [
        (settled["id"], 49_422, 49_422, 2, settled["utr"])
    ]
    shown = client.request("GET", f"{PATH}/settlements/{settled['id']}").body
    assert [(row["entityId"], row["credit"], row["fee"], row["tax"]) for row in shown["rows"]] == [
        (adjustment, 700, 0, 0),
        (payment, 48_722, 1178, 180),
    ]
    rows = table(client.request("GET", f"{PATH}/settlements/{settled['id']}", format="csv").raw)
    assert [row["entity_id"] for row in rows] == [adjustment, payment]
    assert [(row["credit_minor"], row["credit_major"], row["fee_major"]) for row in rows] == [
        ("700", "7.00", "0.00"),
        ("48722", "487.22", "11.78"),
    ]
    assert client.request("GET", f"{PATH}/settlements/setl_AAAAAAAAAAAAAA").status == 404


REFUSED: list[tuple[str, str, object, dict[str, str], int]] = [
    ("POST", "runs", {"startDate": "2026-02-02", "endDate": "2026-02-01"}, {}, 422),
    ("POST", "runs", {"startDate": "2099-01-01", "endDate": "2099-01-01"}, {}, 422),
    ("POST", "runs", {**DAYS, "kind": "daily"}, {}, 422),
    ("POST", "runs", "{", {}, 400),
    ("GET", "runs", None, {"kind": "hourly"}, 422),
    ("GET", "runs", None, {"cursor": "x"}, 422),
    ("GET", "runs", None, {"limit": "101"}, 422),
    ("GET", "runs/x", None, {}, 422),
    ("GET", f"runs/{UUID(int=1)}", None, {}, 404),
    ("GET", "items", None, {"verdict": "fine"}, 422),
    ("GET", "items", None, {"format": "pdf"}, 422),
    ("GET", "items", None, {"cursor": "x"}, 422),
    ("GET", "settlements", None, {"startDate": "2026-02-02", "endDate": "2026-02-01"}, 422),
    ("GET", "settlements", None, {}, 422),
]


def test_what_cannot_be_answered_is_refused(scenario: ReconciliationScenario, client: AdminClient) -> None:
    for method, path, body, query, status in REFUSED:
        answer = client.request(method, f"{PATH}/{path}", body, **query)
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), (path, query)
    assert scenario.deployed.rows("select 1 from reconciliation_runs") == []
    assert client.audit_rows() == []


ROUTES: list[tuple[str, str, object]] = [
    ("POST", "runs", DAYS),
    ("GET", "runs", None),
    ("GET", f"runs/{UUID(int=1)}", None),
    ("GET", "items", None),
    ("GET", "settlements", None),
    ("GET", "settlements/setl_AAAAAAAAAAAAAA", None),
]


def test_nobody_else_gets_in(scenario: ReconciliationScenario) -> None:
    in_the_token, in_the_table = scenario.deployed.profile(), scenario.deployed.profile(admin=True)
    callers: list[tuple[UUID | None, list[str], int]] = [
        (None, [], 401),
        (in_the_token, ["admin"], 403),
        (in_the_table, [], 403),
    ]
    for method, path, body in ROUTES:
        query = DAYS if path == "settlements" else {}
        for user, groups, status in callers:
            answer = scenario.deployed.request(
                "admin_finance", method, f"admin/{PATH}/{path}", user=user, groups=groups, body=body, query=query
            )
            assert answer.status == status, (path, answer)
    assert scenario.deployed.rows("select 1 from reconciliation_runs") == []
