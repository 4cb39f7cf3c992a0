"""The example of a student app in Chromium, on an origin of its own: from the catalogue to a certificate."""

import asyncio
import re
import secrets
import shutil
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from aiohttp import web

from local import example
from local.demo.certificate import end_course
from local.demo.journey import Journey
from local.demo.live_session import open_course
from local.postgres import free_port
from local.seed import PAID
from local.state import PROJECT, app_port
from tests.local.browser import Page, browser
from tests.local.generated_clients import install_typescript
from tests.local.running_stack import RunningStack, eventually
from tools import clients

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

MAIL_LINK = f"http://127.0.0.1:{app_port()}"
"""Where mails find the app locally."""
TELL_LOADED = """new MutationObserver(() => document.querySelector("iframe")
  ?.addEventListener("load", () => (window.checkoutLoaded = true))).observe(document.body, { childList: true })"""
"""The checkout is a page of another origin, in a frame."""


@contextmanager
def served(app: web.Application) -> Generator[str]:
    """The address of an application on a port of its own."""
    loop, runner, port = asyncio.new_event_loop(), web.AppRunner(app), free_port()

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(start(), loop).result()
        yield f"http://127.0.0.1:{port}"
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def app(stack: RunningStack, packages: Path) -> Generator[str]:
    with served(example.application(stack.file, packages / "typescript")) as url:
        yield url


@pytest.fixture
def tab(tmp_path: Path) -> Generator[Page]:
    with browser(tmp_path) as page:
        yield page


def test_a_student_signs_up_pays_attends_and_gets_a_certificate(stack: RunningStack, app: str, tab: Page) -> None:
    tab.open(app)
    tab.until(f"document.querySelector('main').innerText.includes('{PAID.title}')")
    assert tab.violations() == []
    tab.click(PAID.title)
    tab.click("Register")
    tab.until("location.pathname === '/sign-in'")
    email = f"app-{secrets.token_hex(4)}@example.com"
    assert tab.violations() == []
    fill(tab, "Sign up", name="Asha Rao", email=email, password="First-passw0rd")
    fill(tab, "Confirm", code="123456")
    tab.until("location.pathname.startsWith('/events/') && document.querySelector('nav').dataset.live")
    assert tab.run("document.querySelector('#unread').textContent") == ""

    tab.run(TELL_LOADED)
    tab.click("Register")
    tab.until("window.checkoutLoaded && document.activeElement.className === 'razorpay-checkout-frame'")
    tab.press("Tab")
    tab.press("Enter")
    tab.until("document.querySelector('#state')?.textContent === 'Your seat is confirmed.'")
    tab.until("document.querySelector('#unread').textContent.endsWith(' new')")  # pushed
    link = eventually(lambda: re.search(rf"{MAIL_LINK}(/registrations/[\w-]+)", mails_to(email, stack)))
    assert link
    tab.open(app + link[1])
    tab.until("document.querySelector('#state')?.textContent === 'Your seat is confirmed.'")
    assert tab.violations() == []
    tab.click("Inbox")
    tab.until(f"document.querySelector('article h2')?.textContent.includes('{PAID.title}')")
    tab.click("Payments")
    tab.until("document.querySelector('main').innerText.includes('success')")

    journey = Journey(stack.file)
    open_course(journey)
    tab.open(f"{app}/events/{journey.live['event']['id']}")
    tab.click("Register")
    tab.click("Join the session")
    tab.until("document.querySelector('[role=status]').textContent === 'You are in.'")
    tab.click("Leave the session")
    tab.until("document.querySelector('[role=status]').textContent.startsWith('You left')")
    tab.click("Get the certificate")  # too early
    tab.until("/\\S/.test(document.querySelector('[role=status]').textContent)")
    end_course(journey)
    tab.click("Get the certificate")
    url = tab.until("document.querySelector('main a')?.href")
    assert tab.run("document.querySelector('main a').innerText").startswith("Certificate CC-")
    assert requests.get(url, timeout=40).json()["valid"]

    tab.click("Sign out")
    tab.until("document.querySelector('nav').innerText.includes('Sign in')")
    assert [each for each in tab.complaints if "409" not in each] == []


def test_its_types_are_those_of_the_package(packages: Path, tmp_path: Path) -> None:
    install_typescript(packages, tmp_path)
    shutil.copytree(example.FOLDER, tmp_path / "app")
    clients.compile_typescript(tmp_path, tmp_path / "app", "--noEmit", "--allowJs", "--checkJs")

    script = tmp_path / "app" / "app.js"
    script.write_text(script.read_text().replace("registration.eventTitle", "registration.courseTitle"))
    with pytest.raises(RuntimeError, match="tsc failed"):
        clients.compile_typescript(tmp_path, tmp_path / "app", "--noEmit", "--allowJs", "--checkJs")


def test_it_signs_in_as_the_clients_page_says() -> None:
    page = (PROJECT / "docs" / "clients.md").read_text()
    module = re.search(r"^```js\n// accounts\.js\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert module
    assert (example.FOLDER / "accounts.js").read_text().endswith(module[1])


def mails_to(email: str, stack: RunningStack) -> str:
    mails = requests.get(f"{stack.file.base_url}/_local/mail", timeout=40).json()["emails"]
    return str([each["text"] for each in mails if email in each["to"]])


def fill(tab: Page, form: str, **values: str) -> None:
    """A form by the label that it and its button have."""
    within = f'[aria-label="{form}"]'
    tab.until(f"document.querySelector('{within}')")
    for name, value in values.items():
        tab.run(f"document.querySelector('{within} [name={name}]').focus()")
        tab.type(value)
    tab.click(form, within=within)
