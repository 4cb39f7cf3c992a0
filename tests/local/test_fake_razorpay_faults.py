"""Faults of the REST API: what the client sees, and whether the work was done."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from local.razorpay.server import FakeRazorpay


@pytest.fixture
def fake() -> Iterator[FakeRazorpay]:
    with FakeRazorpay() as running:
        yield running


def create_order(fake: FakeRazorpay, timeout: float = 5) -> requests.Response:
    return requests.post(
        f"{fake.url}/v1/orders",
        json={"amount": 100, "currency": "INR"},
        auth=(fake.key_id, fake.key_secret),
        timeout=timeout,
    )


def test_a_short_rate_limit_names_its_seconds_and_a_long_one_does_not(fake: FakeRazorpay) -> None:
    fake.break_api("rate_limit")
    fake.break_api("cool_down")
    short, long, fine = (create_order(fake) for _ in range(3))
    assert (short.status_code, short.headers["Retry-After"]) == (429, "2")
    assert short.json()["error"]["description"] == "Too many requests"
    assert (long.status_code, "Retry-After" in long.headers) == (429, False)
    assert long.json()["error"]["description"] == "Request failed. Please try after sometime."
    assert fine.ok
    assert len(fake.entities("order")) == 1


def test_a_bad_gateway_is_a_page_and_a_server_error_is_json(fake: FakeRazorpay) -> None:
    fake.break_api("bad_gateway")
    fake.break_api("server_error")
    page, error = create_order(fake), create_order(fake)
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "<h1>502 Bad Gateway</h1>" in page.text
    assert (error.status_code, error.json()["error"]["code"]) == (500, "SERVER_ERROR")
    assert fake.entities("order") == []


@pytest.mark.parametrize(("commits", "orders"), [(None, 1), (False, 0)])
def test_a_lost_answer_drops_the_connection_after_the_work_or_before(
    fake: FakeRazorpay, commits: bool | None, orders: int
) -> None:
    fake.break_api("lost_answer", commits=commits)
    with pytest.raises(requests.ConnectionError):
        create_order(fake)
    assert len(fake.entities("order")) == orders
    assert [request.status for request in fake.requests()] == [None]


def test_a_gateway_can_break_after_the_work_was_done(fake: FakeRazorpay) -> None:
    fake.break_api("bad_gateway", commits=True)
    assert create_order(fake).status_code == 502
    assert len(fake.entities("order")) == 1


def test_an_answer_can_come_late_and_its_work_even_after_the_client_left(fake: FakeRazorpay) -> None:
    fake.break_api("late_answer", seconds=0.2, commits=False)
    with pytest.raises(requests.ReadTimeout):
        create_order(fake, timeout=0.05)
    assert fake.entities("order") == []
    fake.break_api("late_answer", seconds=0.3)
    assert create_order(fake).ok
    assert len(fake.entities("order")) == 2


def test_an_answer_that_never_comes_does_not_keep_the_fake_from_stopping() -> None:
    with FakeRazorpay() as fake, ThreadPoolExecutor(1) as pool:
        fake.break_api("no_answer")
        waiting = pool.submit(create_order, fake, 30)
        fake.wait_for_requests()
        assert len(fake.entities("order")) == 1
        fake.stop()
        assert isinstance(waiting.exception(), requests.ConnectionError)
    assert not [thread for thread in threading.enumerate() if thread.name == "fake-razorpay"]


def test_a_fault_can_be_limited_by_method_path_and_number(fake: FakeRazorpay) -> None:
    fake.break_api("server_error", method="POST", path="/v1/orders", times=2)
    reading = requests.get(f"{fake.url}/v1/orders", auth=(fake.key_id, fake.key_secret), timeout=5)
    assert reading.ok
    assert [create_order(fake).status_code for _ in range(3)] == [500, 500, 200]
    fake.break_api("server_error", times=None)
    assert [create_order(fake).status_code for _ in range(3)] == [500, 500, 500]
    fake.mend_api()
    assert create_order(fake).ok


def test_a_share_of_requests_can_be_broken_by_seed() -> None:
    def statuses() -> list[int]:
        with FakeRazorpay(seed=5) as fake:
            fake.break_api("server_error", times=None, percent=40)
            return [create_order(fake).status_code for _ in range(15)]

    first = statuses()
    assert first == statuses()
    assert set(first) == {200, 500}
