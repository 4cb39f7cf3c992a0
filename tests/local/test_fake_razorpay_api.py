"""The REST API, through the official SDK."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import razorpay  # pyright: ignore[reportMissingTypeStubs]
import requests
from razorpay.errors import BadRequestError  # pyright: ignore[reportMissingTypeStubs]

from local.razorpay.server import FakeRazorpay


@pytest.fixture
def fake() -> Iterator[FakeRazorpay]:
    with FakeRazorpay() as running:
        yield running


@pytest.fixture
def client(fake: FakeRazorpay) -> Iterator[Any]:
    made: Any = razorpay.Client(auth=(fake.key_id, fake.key_secret), base_url=fake.url)
    with made.session:
        yield made


def post(fake: FakeRazorpay, path: str, body: Any = None, **headers: str) -> requests.Response:
    return requests.post(fake.url + path, json=body, headers=headers, auth=(fake.key_id, fake.key_secret), timeout=5)


def test_an_order_is_created_and_read_back(client: Any) -> None:
    order = client.order.create({"amount": 50_000, "currency": "INR", "receipt": "r-1", "notes": {"registration": "x"}})
    assert order["id"].startswith("order_")
    assert len(order["id"]) == len("order_") + 14
    assert order | {"id": "", "created_at": 0} == {
        "id": "",
        "entity": "order",
        "amount": 50_000,
        "amount_paid": 0,
        "amount_due": 50_000,
        "currency": "INR",
        "receipt": "r-1",
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": {"registration": "x"},
        "created_at": 0,
    }
    assert client.order.fetch(order["id"]) == order


def test_receipts_are_not_unique_and_can_be_searched(client: Any) -> None:
    ids = [client.order.create({"amount": 100, "currency": "INR", "receipt": "same"})["id"] for _ in range(2)]
    client.order.create({"amount": 100, "currency": "INR", "receipt": "other"})
    found = client.order.all({"receipt": "same"})
    assert (found["count"], [order["id"] for order in found["items"]]) == (2, ids[::-1])


@pytest.mark.parametrize(
    ("fields", "description", "field"),
    [
        ({"currency": "INR"}, "The amount field is required.", "amount"),
        ({"amount": 99, "currency": "INR"}, "The amount must be at least INR 1.00", "amount"),
        ({"amount": 100.5, "currency": "INR"}, "The amount must be an integer.", "amount"),
        ({"amount": True, "currency": "INR"}, "The amount must be an integer.", "amount"),
        ({"amount": 10**13, "currency": "INR"}, "Amount exceeds maximum amount allowed.", "amount"),
        ({"amount": 100}, "The currency field is required.", "currency"),
        ({"amount": 100, "currency": "XXX"}, "Currency is not supported", "currency"),
        (
            {"amount": 100, "currency": "INR", "receipt": "x" * 41},
            "The receipt may not be greater than 40 characters.",
            "receipt",
        ),
        (
            {"amount": 100, "currency": "INR", "customer": "x"},
            "customer is/are not required and should not be sent",
            "customer",
        ),
        (
            {"amount": 100, "currency": "INR", "payment": {"capture": "perhaps"}},
            "The selected capture is invalid.",
            "capture",
        ),
    ],
)
def test_a_wrong_order_is_refused_with_the_field_named(
    fake: FakeRazorpay, fields: dict[str, Any], description: str, field: str
) -> None:
    answer = post(fake, "/v1/orders", fields)
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "code": "BAD_REQUEST_ERROR",
        "description": description,
        "source": "business",
        "step": "payment_initiation",
        "reason": "input_validation_failed",
        "metadata": {},
        "field": field,
    }
    assert fake.entities("order") == []


def test_notes_are_at_most_15_pairs_of_256_characters(fake: FakeRazorpay) -> None:
    order = {"amount": 100, "currency": "INR"}
    for notes in ({str(n): "x" for n in range(16)}, {"a": "x" * 257}, {"a": {}}, "text"):
        assert post(fake, "/v1/orders", order | {"notes": notes}).status_code == 400
    assert post(fake, "/v1/orders", order | {"notes": {str(n): "x" * 256 for n in range(15)}}).ok


def test_an_unknown_id_is_a_400_and_a_malformed_one_too(client: Any) -> None:
    with pytest.raises(BadRequestError, match="The id provided does not exist"):
        client.order.fetch("order_00000000000000")
    with pytest.raises(BadRequestError, match="nonsense is not a valid id"):
        client.payment.fetch("nonsense")


def test_a_wrong_key_is_a_401_and_the_scheme_is_spelled_basic(fake: FakeRazorpay) -> None:
    wrong = requests.get(fake.url + "/v1/orders", auth=(fake.key_id, "wrong"), timeout=5)
    assert (wrong.status_code, wrong.json()["error"]["description"]) == (401, "Authentication failed")
    assert requests.get(fake.url + "/v1/orders", timeout=5).status_code == 401
    encoded = base64.b64encode(f"{fake.key_id}:{fake.key_secret}".encode()).decode()
    for scheme, status in (("basic", 401), ("Basic", 200)):
        header = {"Authorization": f"{scheme} {encoded}"}
        assert requests.get(fake.url + "/v1/orders", headers=header, timeout=5).status_code == status


def test_an_unknown_address_is_told_apart_from_an_unknown_gateway_route(fake: FakeRazorpay) -> None:
    answer = post(fake, "/v1/nothing")
    assert answer.status_code == 400
    assert answer.json()["error"]["description"] == "The requested URL was not found on the server."
    gateway = requests.get(fake.url + "/nothing", timeout=5)
    assert (gateway.status_code, gateway.json()) == (
        404,
        {"message": "no Route matched with those values"},
    )


def test_a_payment_is_captured_with_its_fee_and_pays_the_order(fake: FakeRazorpay, client: Any) -> None:
    order = client.order.create({"amount": 150_000, "currency": "INR"})
    payment = client.payment.fetch(fake.pay(order["id"], method="card")["id"])
    assert (payment["status"], payment["captured"], payment["fee"], payment["tax"]) == (
        "captured",
        True,
        3540,
        540,
    )
    paid = client.order.fetch(order["id"])
    assert (paid["status"], paid["amount_paid"], paid["amount_due"], paid["attempts"]) == ("paid", 150_000, 0, 1)
    assert client.order.payments(order["id"])["items"] == [payment]


def test_a_failed_payment_leaves_the_order_attempted_and_open(fake: FakeRazorpay, client: Any) -> None:
    order = client.order.create({"amount": 100, "currency": "INR"})
    fake.fail(order["id"])
    assert client.order.fetch(order["id"])["status"] == "attempted"
    fake.pay(order["id"])
    statuses = [payment["status"] for payment in client.order.payments(order["id"])["items"]]
    assert statuses == ["failed", "captured"]


def test_a_paid_order_takes_no_second_payment_unless_forced(fake: FakeRazorpay, client: Any) -> None:
    order = client.order.create({"amount": 100, "currency": "INR"})
    fake.pay(order["id"])
    checkout = requests.post(f"{fake.url}/checkout/{order['id']}/pay", timeout=5)
    assert checkout.status_code == 400
    assert "the order is already paid" in checkout.json()["error"]["description"]
    assert fake.pay(order["id"], force=True)["status"] == "captured"
    assert client.order.payments(order["id"])["count"] == 2


@pytest.mark.parametrize(
    "settings",
    [{"payment": {"capture": "manual", "capture_options": {"refund_speed": "normal"}}}, {"payment_capture": 0}],
)
def test_an_order_can_ask_for_manual_capture(fake: FakeRazorpay, client: Any, settings: dict[str, Any]) -> None:
    order = client.order.create({"amount": 100, "currency": "INR"} | settings)
    payment = fake.pay(order["id"])
    assert payment["status"] == "authorized"
    assert client.order.all({"authorized": 1})["count"] == 1
    with pytest.raises(BadRequestError, match="must be equal to the amount authorized"):
        client.payment.capture(payment["id"], 99_999, {"currency": "INR"})
    captured = client.payment.capture(payment["id"], 100, {"currency": "INR"})
    assert (captured["status"], client.order.fetch(order["id"])["status"]) == ("captured", "paid")
    assert client.order.all({"authorized": 1})["count"] == 0
    with pytest.raises(BadRequestError, match="This payment has already been captured"):
        client.payment.capture(payment["id"], 100, {"currency": "INR"})


def test_the_account_can_ask_for_manual_capture_and_an_order_overrides_it(fake: FakeRazorpay, client: Any) -> None:
    fake.set_auto_capture(False)
    silent = client.order.create({"amount": 100, "currency": "INR"})
    insisting = client.order.create({"amount": 100, "currency": "INR", "payment": {"capture": "automatic"}})
    assert fake.pay(silent["id"])["status"] == "authorized"
    assert fake.pay(insisting["id"])["status"] == "captured"
    assert fake.capture(fake.entities("payment")[0]["id"])["status"] == "captured"


def test_pages_neither_lose_nor_repeat_a_row(fake: FakeRazorpay, client: Any) -> None:
    made = [fake.open_order(100)["id"] for _ in range(25)]
    pages = [client.order.all({"count": 10, "skip": skip})["items"] for skip in (0, 10, 20)]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [order["id"] for page in pages for order in page] == made[::-1]
    assert client.order.all()["count"] == 10
    assert client.order.all({"from": 946_684_800, "to": 946_684_801})["count"] == 0


@pytest.mark.parametrize(
    ("query", "description"),
    [
        ({"count": 0}, "The count must be at least 1."),
        ({"count": 101}, "The count may not be greater than 100."),
        ({"count": "many"}, "The count must be an integer."),
        ({"skip": -1}, "The skip must be an integer."),
        ({"from": 1}, "from must be between 946684800 and 4765046400"),
        ({"receipt": "r"}, "receipt is/are not required and should not be sent"),
    ],
)
def test_a_wrong_list_request_is_refused(client: Any, query: dict[str, Any], description: str) -> None:
    with pytest.raises(BadRequestError) as refusal:
        client.payment.all(query)
    assert str(refusal.value) == description


def test_lists_lag_behind_reads_by_id(client: Any, fake: FakeRazorpay) -> None:
    fake.set_list_lag(60)
    order = client.order.create({"amount": 100, "currency": "INR", "receipt": "late"})
    assert client.order.all({"receipt": "late"})["count"] == 0
    assert client.order.fetch(order["id"])["receipt"] == "late"
    fake.set_list_lag(0)
    assert client.order.all({"receipt": "late"})["count"] == 1


def test_orders_can_be_listed_with_their_payments(client: Any, fake: FakeRazorpay) -> None:
    payment = fake.pay(fake.open_order(100)["id"])
    order = client.order.all({"expand[]": "payments"})["items"][0]
    assert order["payments"]["items"] == [client.payment.fetch(payment["id"])]


def test_the_journal_counts_calls_and_keeps_no_secret(fake: FakeRazorpay, client: Any) -> None:
    client.order.create({"amount": 100, "currency": "INR", "receipt": "r"})
    client.order.all({"receipt": "r"})
    created, listed = fake.requests()
    assert (created.method, created.path, created.status) == ("POST", "/v1/orders", 200)
    assert created.body == {"amount": 100, "currency": "INR", "receipt": "r"}
    assert (listed.query, listed.body) == ({"receipt": "r"}, None)
    assert fake.key_secret not in repr(fake.requests())
    assert len(fake.requests(method="POST", path="/v1/orders")) == 1
    fake.forget_requests()
    assert fake.requests() == []
