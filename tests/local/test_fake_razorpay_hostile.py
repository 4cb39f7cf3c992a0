"""Whatever a client sends, the fake answers with a 4xx or does it: never a 5xx."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.razorpay.api import ROUTES
from local.razorpay.server import FakeRazorpay


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeRazorpay]:
    with FakeRazorpay(list_lag=0) as running:
        yield running


@pytest.fixture(scope="module")
def session(fake: FakeRazorpay) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.auth = (fake.key_id, fake.key_secret)
        yield made


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("amount", "currency", "receipt", "notes", "payment", "payment_capture", "speed", "partial_payment")
BODY = JSON | st.fixed_dictionaries(
    {"amount": st.just(100) | JSON, "currency": st.just("INR") | JSON},
    optional=dict.fromkeys(FIELDS[2:], JSON),
)
HOSTILE = [
    b"{",
    b"\xff\xfe",
    b'{"amount":NaN,"currency":"INR"}',
    b'{"amount":1e999,"currency":"INR"}',
    b'{"amount":' + b"9" * 5000 + b',"currency":"INR"}',
    b"[" * 100_000,
    b'{"amount":100,"currency":"INR","notes":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    b'{"amount":100,"currency":"INR","notes":{"a":1e999}}',
    b'{"amount":100,"currency":["INR"]}',
    b"x" * 1_100_000,
    b"500",
    b'"text"',
]


@pytest.fixture(scope="module")
def addresses(fake: FakeRazorpay) -> dict[str, list[str]]:
    """The paths of the API by method, with ids that exist."""
    order = fake.open_order(1_000_000)
    payment = fake.pay(order["id"])
    known = {"orders": order["id"], "payments": payment["id"]}
    found: dict[str, list[str]] = {"GET": [], "POST": []}
    for method, path, _ in ROUTES:
        found[method].append(path.replace("{id}", known.get(path.split("/")[2], "rfnd_00000000000000")))
    return found


@pytest.mark.parametrize("body", HOSTILE)
def test_a_hostile_body_is_refused(
    fake: FakeRazorpay, session: requests.Session, addresses: dict[str, list[str]], body: bytes
) -> None:
    for path in addresses["POST"]:
        answer = session.post(fake.url + path, data=body, timeout=10)
        assert 400 <= answer.status_code < 500, (path, answer.text)


@pytest.mark.parametrize("receipt", ["\x00", "\ud800", "दो", "'; drop table records --"])
def test_hostile_text_is_kept_as_it_is(fake: FakeRazorpay, session: requests.Session, receipt: str) -> None:
    body = json.dumps({"amount": 100, "currency": "INR", "receipt": receipt, "notes": {receipt: receipt}})
    order = session.post(f"{fake.url}/v1/orders", data=body, timeout=5).json()
    assert (order["receipt"], order["notes"]) == (receipt, {receipt: receipt})
    assert session.get(f"{fake.url}/v1/orders/{order['id']}", timeout=5).json() == order
    fake.pay(order["id"])
    sent = json.loads(fake.deliveries(event="order.paid")[-1].body)
    assert sent["payload"]["order"]["entity"]["receipt"] == receipt
    assert requests.get(f"{fake.url}/checkout/{order['id']}", timeout=5).ok
    assert requests.get(fake.url, timeout=5).ok


@given(body=BODY, choice=st.integers(0, 2))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_makes_a_5xx(
    fake: FakeRazorpay, session: requests.Session, addresses: dict[str, list[str]], body: Any, choice: int
) -> None:
    answer = session.post(fake.url + addresses["POST"][choice], data=json.dumps(body), timeout=5)
    assert answer.status_code < 500, answer.text


QUERY_NAMES = st.sampled_from(
    ["from", "to", "count", "skip", "receipt", "authorized", "year", "month", "day", "expand[]", "x"]
)
QUERY_VALUES = st.text(max_size=12) | st.integers().map(str) | st.sampled_from(["0", "1", "2026", "11", "9" * 5000])


@given(query=st.dictionaries(QUERY_NAMES, QUERY_VALUES, max_size=4), choice=st.integers(0, 13))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_makes_a_5xx(
    fake: FakeRazorpay, session: requests.Session, addresses: dict[str, list[str]], query: dict[str, str], choice: int
) -> None:
    answer = session.get(fake.url + addresses["GET"][choice], params=query, timeout=5)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "target",
    [
        "/v1/payments/../orders/x?y=1",
        "/v1/orders/%00",
        "/v1/orders/%ED%A0%80",
        "/v1/orders/" + "x" * 5000,
        "/checkout/%ff/pay",
        "/checkout/..%2f..%2fetc?redirect=http://[",
        "/_control/%ff",
        "/v1/orders?receipt=%ff",
        "/v1/orders?receipt=%ED%A0%80",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_address_makes_a_5xx(fake: FakeRazorpay, session: requests.Session, target: str, method: str) -> None:
    authorization = requests.Request("GET", fake.url, auth=(fake.key_id, fake.key_secret)).prepare().headers
    connection = http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=5)
    try:
        connection.request(method, target, headers={**authorization, "Accept": "text/html"})
        assert connection.getresponse().status < 500
    finally:
        connection.close()


def test_hostile_headers_are_a_401_or_a_400(fake: FakeRazorpay) -> None:
    for value in ("Basic \xff", "Basic", "Bearer x", "Basic " + "A" * 4000):
        connection = http.client.HTTPConnection(fake.url.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", "/v1/orders", headers={"Authorization": value})
            assert connection.getresponse().status in (400, 401)
        finally:
            connection.close()
