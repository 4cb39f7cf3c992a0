"""The checkout page, the overview, and the knobs over HTTP."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, override

import pytest
import requests

from local.razorpay.payloads import checkout_signature
from local.razorpay.server import FakeRazorpay

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def fake() -> Iterator[FakeRazorpay]:
    with FakeRazorpay() as running:
        yield running


class Page(HTMLParser):
    """The attributes of every tag of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str, attribute: str) -> list[str]:
        return [value for name, attrs in self.tags if name == tag and (value := attrs.get(attribute))]


def browse(fake: FakeRazorpay, path: str) -> requests.Response:
    return requests.get(fake.url + path, headers=BROWSER, timeout=5)


def turn(fake: FakeRazorpay, knob: str, **arguments: Any) -> requests.Response:
    return requests.post(f"{fake.url}/_control/{knob}", json=arguments, timeout=5)


def test_a_program_pays_at_checkout_and_gets_the_three_signed_fields(fake: FakeRazorpay) -> None:
    order = fake.open_order(50_000)
    fields = requests.post(f"{fake.url}/checkout/{order['id']}/pay", timeout=5).json()
    payment = fake.entities("payment")[0]
    assert fields == {
        "razorpay_payment_id": payment["id"],
        "razorpay_order_id": order["id"],
        "razorpay_signature": checkout_signature(fake.key_secret, order["id"], payment["id"]),
    }
    assert fields == fake.checkout_fields(order["id"], payment["id"])


@pytest.mark.parametrize(("action", "status"), [("fail", "failed"), ("late-authorise", "captured")])
def test_a_failure_at_checkout_is_an_error_object_whatever_comes_later(
    fake: FakeRazorpay, action: str, status: str
) -> None:
    order = fake.open_order(50_000)
    answer = requests.post(f"{fake.url}/checkout/{order['id']}/{action}", timeout=5)
    payment = fake.entities("payment")[0]
    assert (payment["status"], answer.status_code) == (status, 200)
    assert answer.json()["error"]["reason"] == "payment_failed"
    assert answer.json()["error"]["metadata"] == {"payment_id": payment["id"], "order_id": order["id"]}


def test_a_browser_sees_the_amount_and_pays_and_returns_the_fields_to_the_shop(fake: FakeRazorpay) -> None:
    order = fake.open_order(123_450)
    way_back = "?callback_url=http%3A%2F%2Fshop.example%2Fpaid&redirect=http%3A%2F%2Fshop.example%2Fhome"
    page = browse(fake, f"/checkout/{order['id']}{way_back}")
    assert "INR 1,234.50" in page.text
    pay, _fail, _late = Page(page.text).all("button", "formaction")
    outcome = requests.post(fake.url + pay, headers=BROWSER, timeout=5)
    parsed = Page(outcome.text)
    assert parsed.all("form", "action") == ["http://shop.example/paid"]
    assert parsed.all("input", "name") == ["razorpay_payment_id", "razorpay_order_id", "razorpay_signature"]
    assert parsed.all("a", "href") == ["http://shop.example/home"]
    assert "paid already" in browse(fake, f"/checkout/{order['id']}").text


def test_a_browser_can_try_again_after_a_failure(fake: FakeRazorpay) -> None:
    order = fake.open_order(100)
    failed = requests.post(f"{fake.url}/checkout/{order['id']}/fail", headers=BROWSER, timeout=5)
    assert Page(failed.text).all("a", "href") == [f"/checkout/{order['id']}"]


def test_the_checkout_leads_only_to_web_addresses_and_escapes_what_it_shows(fake: FakeRazorpay) -> None:
    order = fake.open_order(100, receipt="<script>alert(1)</script>")
    assert "<script>alert" not in browse(fake, f"/checkout/{order['id']}").text
    assert "<script>alert" not in browse(fake, "/").text
    assert browse(fake, f"/checkout/{order['id']}?redirect=javascript:alert(1)").status_code == 400
    assert browse(fake, "/checkout/order_%3Cscript%3E").status_code == 400


def test_pages_need_nothing_from_elsewhere(fake: FakeRazorpay) -> None:
    for path in ("/", f"/checkout/{fake.open_order(100)['id']}"):
        page = Page(browse(fake, path).text)
        links = [attrs.get("href") for tag, attrs in page.tags if tag == "link"]
        assert links == ["data:,"], "an empty icon, so that no browser asks for one"
        assert [tag for tag, attrs in page.tags if "src" in attrs] == []


def test_the_overview_offers_a_knob_for_everything_it_lists(fake: FakeRazorpay) -> None:
    payment = fake.pay(fake.open_order(50_000)["id"])
    fake.set_refund_outcome("pending")
    fake.refund(payment["id"], 100)
    fake.open_dispute(payment["id"], 100)
    fake.settle()
    page = Page(browse(fake, "/").text)
    offered = dict(zip(page.all("button", "data-knob"), page.all("button", "data-arguments"), strict=True))
    assert {"pay", "late_authorise", "refund", "finish_refund", "move_dispute", "pump", "settle"} <= set(offered)
    for knob, arguments in offered.items():
        answer = requests.post(f"{fake.url}/_control/{knob}", data=arguments, timeout=5)
        # A knob turned before may forbid the next (the refund is finished), but none is misspelt.
        assert answer.status_code in (200, 400, 404), (knob, answer.text)
        assert "unknown" not in answer.text or knob.endswith("_delivery")


def test_every_knob_is_listed_with_its_arguments(fake: FakeRazorpay) -> None:
    knobs = requests.get(f"{fake.url}/_control", timeout=5).json()
    assert knobs["fail"] == {
        "arguments": ["order_id: str", "method: Method = 'upi'"],
        "does": "A payment that fails; the payment.",
    }
    assert all(knob["does"] for knob in knobs.values())


def test_a_knob_turned_over_http_does_what_its_method_does(fake: FakeRazorpay) -> None:
    order = turn(fake, "open_order", amount=500).json()
    payment = turn(fake, "pay", order_id=order["id"], method="card").json()
    assert (payment["status"], payment["method"]) == ("captured", "card")
    waiting = turn(fake, "deliveries", state="waiting").json()
    assert [delivery["event"] for delivery in waiting] == ["payment.authorized", "payment.captured", "order.paid"]
    assert waiting[0]["body"].startswith('{"entity":"event"')
    assert turn(fake, "settle", day="2030-01-01").json()["amount"] == 488
    assert turn(fake, "reset").json() is None
    assert turn(fake, "deliveries").json() == []


@pytest.mark.parametrize(
    ("knob", "arguments", "status"),
    [
        ("nothing", {}, 404),
        ("pay", {}, 422),
        ("pay", {"order_id": 7}, 422),
        ("pay", {"order_id": "order_00000000000000", "colour": "red"}, 422),
        ("pay", {"order_id": "order_00000000000000"}, 400),
        ("drop_delivery", {"id": "dlv_00000000000000"}, 404),
        ("break_api", {"fault": "earthquake"}, 422),
        ("wait_until_quiet", {"timeout": 0.01}, 408),
    ],
)
def test_a_knob_turned_wrongly_says_so(fake: FakeRazorpay, knob: str, arguments: dict[str, Any], status: int) -> None:
    fake.fail(fake.open_order(100)["id"])
    assert turn(fake, knob, **arguments).status_code == status


def test_reset_forgets_records_faults_and_settings(fake: FakeRazorpay) -> None:
    fake.pay(fake.open_order(100)["id"])
    fake.set_webhook_secret("other")
    fake.set_list_lag(60)
    fake.break_api("server_error", times=None)
    fake.reset()
    assert fake.entities("order") == []
    assert fake.deliveries() == []
    assert fake.webhook_secret == "fake-webhook-secret"
    listed = requests.get(f"{fake.url}/v1/orders", auth=(fake.key_id, fake.key_secret), timeout=5)
    assert listed.json() == {"entity": "collection", "count": 0, "items": []}
