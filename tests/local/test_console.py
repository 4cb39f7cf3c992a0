"""The console in a browser on the real stack: a course from draft to revoked certificate, refunds, replays, uploads."""

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import requests
from psycopg import sql

from local.demo.journey import eventually
from tests.local.browser import Page, browser
from tests.local.console_page import ConsolePage
from tests.local.running_stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

PHONE, DESK = (390, 844), (1280, 900)
SCREENS = (
    "overview", "reports", "courses", "recordings", "certificates", "people", "registrations", "payments",
    "held-payments", "refunds", "disputes", "runs", "reconciliation-items", "settlements",
    "failed-notifications", "broadcasts", "webhook-log", "audit-log", "fraud-signals", "no-such-screen",
)  # fmt: skip
MARKUP = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Generator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        page.look_like(*DESK)
        yield page


@pytest.fixture
def console(tab: Page, stack: RunningStack) -> Generator[ConsolePage]:
    """The console, signed in as the administrator, and no complaint from the browser afterwards."""
    tab.look_like(*DESK)
    page = ConsolePage(tab, stack)
    page.sign_in("admin")
    page.settle()
    yield page
    assert tab.complaints == []


def local_time(moment: datetime) -> str:
    """As an input takes it, in India's time."""
    return (moment + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M")


def create_course(console: ConsolePage, title: str, **more: str) -> str:
    """A published course of eight hours in three weeks, for 499.00 INR; returns its id."""
    start = (datetime.now(UTC) + timedelta(days=21)).replace(minute=0, second=0, microsecond=0)
    times = {"startsAt": local_time(start), "endsAt": local_time(start + timedelta(hours=8))}
    console.go("#/courses")
    console.act("New course", title=title, capacity="20", priceAmount="499.00", **times, **more)
    console.page.until("location.hash.startsWith('#/courses/')")
    console.settle()
    console.act("Publish")
    console.shows("Upcoming")
    return str(console.page.run("location.hash.split('/')[2]"))


def sell_seat(stack: RunningStack, course: str) -> str:
    """A student registers and pays at the fake checkout; returns the registration's id."""
    answer = stack.call("POST", "registrations", "student2", json={"eventId": course}).json()
    paid = requests.post(f"{stack.file.razorpay_url}/checkout/{answer['order']['id']}/pay", json={}, timeout=40).json()
    registration = str(answer["registration"]["id"])
    verified = stack.call("POST", f"registrations/{registration}/verify-payment", "student2", json=paid)
    assert verified.status_code == 200, verified.text
    return registration


def end_course(stack: RunningStack, course: str) -> None:
    """Move the course and its sessions into the past, and let the schedules see it."""
    with psycopg.connect(stack.file.database_url) as connection:
        for table, column in (("event_sessions", "event_id"), ("events", "id")):
            connection.execute(
                sql.SQL(
                    "update {} set starts_at = starts_at - interval '30 days', ends_at = ends_at - interval '30 days'"
                    " where {} = %s"
                ).format(sql.Identifier(table), sql.Identifier(column)),
                (course,),
            )
    fire(stack, "update-event-status")
    fire(stack, "generate-certificates")


def fire(stack: RunningStack, schedule: str) -> None:
    assert requests.post(f"{stack.file.base_url}/_local/schedules/{schedule}", timeout=60).ok


def test_an_administrator_runs_a_course_in_the_browser_alone(
    console: ConsolePage, stack: RunningStack, tmp_path: Path
) -> None:
    title = f"In the browser {uuid4().hex[:8]}"
    course = create_course(console, title)
    start = (datetime.now(UTC) + timedelta(days=21)).replace(minute=0, second=0, microsecond=0)
    for name, hour in (("First", 0), ("Second", 4)):
        times = {
            "startsAt": local_time(start + timedelta(hours=hour)),
            "endsAt": local_time(start + timedelta(hours=hour + 2)),
        }
        console.act("Plan a session", title=name, **times)
    console.shows("First", "Second")

    registration = sell_seat(stack, course)
    console.go(f"#/registrations/{registration}")
    console.choose("Refund", amount="249.50", note="Half of it")
    console.confirm(clicks=3)
    console.shows("₹249.50", "Requested")
    refunds = stack.call("GET", f"admin/registrations/{registration}", "admin").json()["refunds"]
    assert [each["amount"] for each in refunds] == [24_950]

    console.go(f"#/courses/{course}")
    moved = {"startsAt": local_time(start + timedelta(hours=5)), "endsAt": local_time(start + timedelta(hours=7))}
    console.act("Move", "tr", beside="Second", **moved)
    console.shows((datetime.fromisoformat(moved["startsAt"])).strftime("%-I:%M %p").lower())

    film = tmp_path / "film.mp4"
    film.write_bytes(b"\x00\x00\x00\x20ftypisom" + bytes(6_000_000))
    upload(console, film, f"Film of {title}")
    console.shows(f"Film of {title}", "Ready")

    end_course(stack, course)
    console.go("#/certificates")
    console.go(f"#/certificates?eventId={course}")
    console.shows("Valid")
    console.act("Revoke", "tr", reason="Issued by mistake")
    console.shows("Revoked", "Issued by mistake")

    console.go("#/audit-log")
    actions = (
        "Certificate revoke",
        "Recording complete",
        "Session change",
        "Refund create",
        "Session plan",
        "Event publish",
        "Event create",
    )
    console.shows(*actions)


def upload(console: ConsolePage, film: Path, title: str) -> None:
    console.choose("Upload a recording", title=title)
    root = console.page.command("DOM.getDocument")["root"]["nodeId"]
    node = console.page.command("DOM.querySelector", nodeId=root, selector="dialog input[type=file]")["nodeId"]
    console.page.command("DOM.setFileInputFiles", nodeId=node, files=[str(film)])
    console.confirm()
    console.page.until("!document.querySelector('.uploads')")


def test_a_course_is_cancelled_after_its_cost_was_shown(console: ConsolePage, stack: RunningStack) -> None:
    course = create_course(console, f"To cancel {uuid4().hex[:8]}")
    sell_seat(stack, course)
    console.go("#/courses")
    console.go(f"#/courses/{course}")
    console.choose("Cancel the course", reason="The instructor is ill")
    assert "Seats taken: 1. Goes back: ₹499.00." in console.page.run("document.querySelector('dialog[open]').innerText")
    console.confirm()
    console.shows("Cancelled", "Registrations cancelled")


def test_days_are_reconciled_and_a_delivery_is_replayed(console: ConsolePage, stack: RunningStack) -> None:
    course = create_course(console, f"To reconcile {uuid4().hex[:8]}")
    sell_seat(stack, course)
    today = datetime.now(UTC).date().isoformat()
    console.go("#/runs")
    console.act("Reconcile days", startDate=today, endDate=today)
    console.page.until("location.hash.startsWith('#/runs/')")
    console.shows("Finished")

    def captured() -> bool:
        logs = stack.call("GET", "admin/webhook-logs", "admin", params={"eventType": "payment.captured"}).json()
        return bool(logs["webhookLogs"])

    eventually(captured, "no webhook arrived", seconds=60)
    console.go("#/webhook-log?eventType=payment.captured")
    console.go(console.page.run("document.querySelector('tbody a.main').getAttribute('href')"))
    console.page.until("location.hash.startsWith('#/webhook-log/')")
    console.settle()
    console.act("Replay")
    console.go("#/audit-log")
    console.shows("Webhook replay", "Reconciliation start")


def test_no_stored_markup_is_ever_markup(console: ConsolePage, stack: RunningStack) -> None:
    course = create_course(console, MARKUP, description=MARKUP, instructor=MARKUP)
    registration = sell_seat(stack, course)
    console.go(f"#/registrations/{registration}")
    console.act("Refund", amount="100.00", note=MARKUP)
    for screen in (
        "overview",
        "courses",
        f"courses/{course}",
        "registrations",
        f"registrations/{registration}",
        "audit-log",
    ):
        console.go(f"#/{screen}")
        console.shows("<script>")
        assert console.page.run("document.title") != "taken"
        assert console.page.run("document.querySelectorAll('main script, main img').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_every_screen_is_accessible_and_fits(console: ConsolePage, size: tuple[int, int], scheme: str) -> None:
    console.page.look_like(*size, scheme)
    found: list[str] = []
    first = ["courses", "registrations", "webhook-log", "runs"]
    details = [f"{name}/*" for name in first]
    for screen in (*SCREENS, *details):
        console.go(f"#/{screen.removesuffix('/*')}")
        if screen.endswith("/*"):
            address = console.page.run("document.querySelector('tbody a.main')?.getAttribute('href')")
            if not address:
                continue
            console.go(address)
        found += [f"{screen}: {each}" for each in console.violations()]
        found += [] if console.fits() else [f"{screen} is wider than the screen"]
    console.go("#/courses")
    console.choose("New course")
    found += [f"dialog: {each}" for each in console.violations()]
    assert found == []


def test_what_axe_would_find_is_found(console: ConsolePage) -> None:
    console.page.run("document.querySelector('main').append(document.createElement('input'))")
    assert any(each.startswith("label: ") for each in console.violations())


def test_the_keyboard_alone_opens_a_course(console: ConsolePage) -> None:
    title = f"By keys {uuid4().hex[:8]}"
    course = create_course(console, title)
    console.go("#/overview")
    for kind in ("keyDown", "keyUp"):
        console.page.command(
            "Input.dispatchKeyEvent", type=kind, modifiers=2, key="k", code="KeyK", windowsVirtualKeyCode=75
        )
    console.page.until("document.activeElement.matches('.palette input')")
    console.page.type(title)
    console.page.until(f"document.querySelector('.palette').innerText.includes({title!r})")
    console.page.press("Enter")
    console.page.until(f"location.hash === '#/courses/{course}'")


def choose_filter(console: ConsolePage, name: str, value: str) -> None:
    console.page.run(f"""{{
      const filter = document.querySelector('#filter-{name}')
      filter.value = '{value}'
      filter.dispatchEvent(new Event('change', {{ bubbles: true }}))
    }}""")


def test_filters_are_in_the_address_and_undone_by_going_back(console: ConsolePage) -> None:
    console.go("#/courses")
    choose_filter(console, "status", "draft")
    console.page.until("location.hash === '#/courses?status=draft'")
    console.page.run("history.back()")
    console.page.until("location.hash === '#/courses' && document.querySelector('#filter-status').value === ''")


def test_a_refusal_names_its_reason_and_request(console: ConsolePage) -> None:
    console.go("#/registrations/00000000-0000-4000-8000-000000000000")
    console.page.until("document.querySelector('.refusal')?.innerText.includes('Not found')")
    assert console.page.run("document.querySelector('.refusal .trace code').innerText.length") > 5
    assert [each for each in console.page.complaints if "404" not in each] == []
    console.page.complaints.clear()


def test_a_deep_link_survives_signing_in(tab: Page, stack: RunningStack) -> None:
    console = ConsolePage(tab, stack)
    console.sign_in("admin", "#/webhook-log?status=failed")
    tab.until(
        "location.hash === '#/webhook-log?status=failed'"
        " && document.querySelector('#filter-status')?.value === 'failed'"
    )


def test_a_student_sees_nothing(tab: Page, stack: RunningStack) -> None:
    console = ConsolePage(tab, stack)
    console.sign_in("student")
    tab.until("document.querySelector('h1').innerText === 'This account is no administrator'")
    assert tab.run("document.querySelectorAll('nav, main').length") == 0
    tab.complaints.clear()  # the refused request


def test_an_authenticator_app_is_added_by_its_code_alone(tab: Page, stack: RunningStack) -> None:
    console = ConsolePage(tab, stack)
    console.sign_in("student3")
    tab.click("Add an authenticator app")
    tab.until("document.querySelector('.factor code')?.innerText.length >= 16")
    tab.run("document.querySelector('#code').focus()")
    tab.type("no code")
    tab.press("Enter")
    tab.until("document.querySelector('.factor .refusal')")
    tab.complaints.clear()


def test_no_token_is_ever_stored_or_part_of_an_address(console: ConsolePage) -> None:
    console.go("#/courses")
    stored = console.page.run(
        "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])"
    )
    assert "eyJ" not in stored
    assert "code" not in json.loads(stored)[3]
    entries = console.page.command("Page.getNavigationHistory")["entries"]
    assert [each["url"] for each in entries if "eyJ" in each["url"]] == []
    assert console.page.run("caches.keys().then(names => names.length)") == 0


def test_every_text_is_in_hindi_too(console: ConsolePage) -> None:
    console.page.run("localStorage.setItem('console.language', 'hi')")
    try:
        console.sign_in("admin", "#/courses")
        console.settle()
        for screen in SCREENS:
            console.go(f"#/{screen}")
        found = console.page.run(
            "import(document.querySelector('script[type=module]').src.replace('main.js', 'texts.js'))"
            ".then(texts => [...texts.untranslated])"
        )
        assert found == []
        assert console.page.run("document.documentElement.lang") == "hi"
    finally:
        console.page.run("localStorage.clear()")


def test_signing_out_revokes_and_leads_to_the_login_page(console: ConsolePage) -> None:
    console.page.run("document.querySelector('.account').open = true")
    console.page.click("Sign out", ".account")
    console.page.until("document.querySelector('input[name=username]')")
    console.page.complaints.clear()
