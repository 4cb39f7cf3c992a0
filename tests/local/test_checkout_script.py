"""The stand-in for Razorpay's checkout.js in a browser, on a page of another origin, as a shop would use it."""

import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qs

import pytest
import requests

from local.razorpay.payloads import checkout_signature
from local.razorpay.server import FakeRazorpay
from tests.local.browser import Page, browser

SHOP = """<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><body>
<script src="{script}"></script><script>
window.heard = []
window.buy = options => {{
  const checkout = new Razorpay({{
    key: "{key}", order_id: "{order}", handler: fields => heard.push(["handler", fields]),
    modal: {{ ondismiss: () => heard.push(["dismissed"]) }}, ...options,
  }})
  checkout.on("payment.failed", ({{ error }}) => heard.push(["failed", error]))
  checkout.open()
}}
</script>"""


class Shop(ThreadingHTTPServer):
    """One page, and what was posted to it."""

    page = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ShopPage)
        self.posted: list[dict[str, list[str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class ShopPage(BaseHTTPRequestHandler):
    server: Shop  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.page.encode())

    def do_POST(self) -> None:
        self.server.posted.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.do_GET()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: requests are no output of a test."""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Generator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def fake() -> Generator[FakeRazorpay]:
    with FakeRazorpay() as running:
        yield running


@pytest.fixture
def order(fake: FakeRazorpay) -> str:
    return str(fake.open_order(49_900)["id"])


@pytest.fixture
def shop(tab: Page, fake: FakeRazorpay, order: str) -> Generator[Shop]:
    with Shop() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.page = SHOP.format(script=f"{fake.url}/v1/checkout.js", key=fake.account.settings.key_id, order=order)
        tab.open(server.url)
        tab.until("!!window.Razorpay")
        yield server
        tab.open("about:blank")
        server.shutdown()


def choose(tab: Page, presses: int) -> None:
    """The n-th button of the checkout, by keyboard, once its frame has it."""
    tab.until("document.activeElement.className === 'razorpay-checkout-frame'")
    for _ in range(presses):
        tab.press("Tab")
    tab.press("Enter")


def opened(tab: Page, fake: FakeRazorpay, options: str = "{}") -> None:
    tab.run(f"buy({options}); new Promise(done => document.querySelector('iframe').addEventListener('load', done))")


def test_the_handler_gets_the_three_signed_fields(tab: Page, fake: FakeRazorpay, shop: Shop, order: str) -> None:
    opened(tab, fake)
    choose(tab, 1)
    tab.until("heard.length")
    ((kind, fields),) = tab.run("heard")
    payment = fake.entities("payment")[0]
    assert kind == "handler"
    assert fields == {
        "razorpay_payment_id": payment["id"],
        "razorpay_order_id": order,
        "razorpay_signature": checkout_signature(fake.key_secret, order, payment["id"]),
    }
    assert tab.run("document.querySelector('iframe')") is None
    assert shop.posted == []


def test_a_failure_is_an_event_and_the_checkout_stays_open(
    tab: Page, fake: FakeRazorpay, shop: Shop, order: str
) -> None:
    opened(tab, fake)
    choose(tab, 2)
    tab.until("heard.length")
    ((kind, error),) = tab.run("heard")
    assert kind == "failed"
    assert (error["code"], error["metadata"]["order_id"]) == ("BAD_REQUEST_ERROR", order)
    assert tab.run("document.querySelectorAll('iframe').length") == 1
    assert shop.posted == []


def test_closing_it_is_told_and_pays_nothing(tab: Page, fake: FakeRazorpay, shop: Shop) -> None:
    opened(tab, fake)
    tab.click("Close")
    tab.until("heard.length")
    assert tab.run("heard") == [["dismissed"]]
    assert fake.entities("payment") == []
    assert shop.posted == []


def test_with_a_redirect_the_fields_are_posted_to_the_callback(
    tab: Page, fake: FakeRazorpay, shop: Shop, order: str
) -> None:
    tab.run(f"buy({{ redirect: true, callback_url: '{shop.url}/paid' }})")
    tab.until("location.pathname.startsWith('/checkout/')")
    tab.click("Pay")
    tab.until("location.pathname === '/paid'")
    assert [posted["razorpay_order_id"] for posted in shop.posted] == [[order]]
    assert fake.entities("payment")[0]["status"] == "captured"


def test_a_key_of_another_account_cannot_pay(fake: FakeRazorpay, order: str) -> None:
    def status(key: str) -> int:
        return requests.get(f"{fake.url}/checkout/{order}", params={"key": key}, timeout=5).status_code

    assert status("rzp_test_OTHER") == 401
    assert status(fake.account.settings.key_id) == 200


def test_another_page_hears_nothing(tab: Page, fake: FakeRazorpay, order: str, shop: Shop) -> None:
    """The checkout tells only the origin that opened it; the script believes only the checkout."""
    opened(tab, fake)
    forged: Any = {"fields": {"razorpay_payment_id": "pay_forged"}}
    tab.run(f"postMessage({forged!r}, '*'); new Promise(done => setTimeout(done))")
    assert tab.run("heard") == []
    assert shop.posted == []
