"""The documentation page in a browser, served by the function itself over HTTP: small, readable by everybody, true."""

import base64
import gzip
import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

import pytest

from functions.status.handler import app
from tests.contract import document
from tests.deployed import Context, http_event
from tests.local.browser import Page, browser

PHONE, DESK = (320, 720), (1280, 900)
FILES = ("docs", "docs/docs.css", "docs/docs.js", "openapi.json")
MAX_BYTES = 300_000


def get(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    answer: Any = app.serve(http_event("GET", path, headers=headers), Context())
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    many = {name: ",".join(values) for name, values in answer.get("multiValueHeaders", {}).items()}
    return answer["statusCode"], answer["headers"] | many, body


class Front(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, headers, body = get(self.path.removeprefix("/functions/v1"), **{"accept-encoding": "gzip"})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: requests are no output of a test."""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Generator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(tab: Page) -> Generator[Page]:
    """The page with its document, and no complaint from the browser afterwards."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tab.complaints.clear()
    tab.look_like(*DESK)
    tab.open(f"http://127.0.0.1:{server.server_port}/functions/v1/docs")
    tab.until("document.body.dataset.ready")
    yield tab
    server.shutdown()
    server.server_close()
    assert tab.complaints == []


def test_all_that_is_loaded_is_small_compressed_and_cached() -> None:
    total = 0
    for file in FILES:
        status, headers, body = get(f"/{file}", **{"accept-encoding": "gzip, br"})
        assert (status, headers["Content-Encoding"]) == (200, "gzip"), file
        assert headers["Cache-Control"] == "public, max-age=300"
        assert headers["Vary"] == "Accept-Encoding"
        assert gzip.decompress(body) == get(f"/{file}")[2]
        total += len(body)
    assert total < MAX_BYTES


def test_no_other_file_is_served() -> None:
    for name in ("index.html", "handler.py", "..%2Fhandler.py"):
        status, _, body = get(f"/docs/{name}")
        assert (status, json.loads(body)["code"]) == (404, "not_found")


def test_it_shows_every_operation_in_its_group_the_administrators_last(page: Page) -> None:
    ids = {operation["operationId"] for methods in document()["paths"].values() for operation in methods.values()}
    assert set(page.run("[...document.querySelectorAll('[data-text]')].map(each => each.id)")) == ids
    groups: list[str] = page.run("[...document.querySelectorAll('main h2')].map(each => each.innerText)")
    assert groups == [tag["name"] for tag in document()["tags"]]
    assert groups[0] == "Events"
    assert groups[-1].startswith("Admin")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_whatever_is_open(page: Page, scheme: str) -> None:
    page.look_like(*DESK, scheme=scheme)
    open_everything(page, "#register", "#verify_or_list", "#admin_create_event")
    assert page.violations() == []

    page.run("document.querySelector('main').append(document.createElement('input'))")
    assert page.violations()


def test_it_fits_a_phone(page: Page) -> None:
    page.look_like(*PHONE)
    open_everything(page, "#register", "#verify_or_list", "#admin_create_event")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")


def open_everything(page: Page, *operations: str) -> None:
    """Open these operations and whatever they contain."""
    within = ", ".join(f"{each}, {each} details" for each in operations)
    page.until(f"""{{
      const all = [...document.querySelectorAll({json.dumps(within)})]
      for (const each of all) each.open = true
      return all.length > {len(operations)} && all.every(each => each.querySelector(".body").childNodes.length)
    }}""")


def test_what_a_field_means_is_found_and_said(page: Page) -> None:
    page.run("document.getElementById('find').focus()")
    page.type("verify payment")
    page.until("[...document.querySelectorAll('[data-text]')].filter(each => each.checkVisibility()).length < 5")
    page.run("document.getElementById('verify_payment').open = true")
    page.until("document.getElementById('verify_payment').innerText.includes('HMAC-SHA256')")


def test_an_operation_is_tried(page: Page) -> None:
    page.run("location.hash = 'get_openapi'")
    page.until("document.querySelector('#get_openapi[open] .body').childNodes.length")
    page.click("Try it", "#get_openapi")
    page.click("Send", "#get_openapi")
    page.until("document.querySelector('#get_openapi form pre')?.innerText.includes('3.1.0')")
