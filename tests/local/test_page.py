"""The local page in a browser: the whole system by hand."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.local.browser import Page, browser
from tests.local.running_stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Generator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(tab: Page, stack: RunningStack) -> Generator[Page]:
    """The page as nobody sees it, and no complaint from the browser afterwards."""
    tab.complaints.clear()
    tab.look_like(*DESK)
    tab.open(f"{stack.file.base_url}/")
    tab.until("document.body.dataset.ready")
    tab.run("sessionStorage.clear()")
    yield tab
    assert tab.complaints == []


@pytest.fixture
def course(stack: RunningStack) -> str:
    """The title of a published course for 499.00 INR."""
    title = f"By hand {uuid4().hex[:8]}"
    start = datetime.now(UTC) + timedelta(days=9)
    body = {"title": title, "category": "technical", "capacity": 5, "priceAmount": 49_900}
    times = {"startsAt": start.isoformat(), "endsAt": (start + timedelta(hours=3)).isoformat()}
    made = stack.call("POST", "admin/events", "admin", json=body | times).json()["event"]
    assert stack.call("POST", f"admin/events/{made['id']}/publish", "admin").status_code == 200
    return title


def sign_in(page: Page, user: str) -> None:
    page.click(user, "#users")
    page.until(f"document.body.dataset.live === {user!r}")


def register_and_open_checkout(page: Page, course: str) -> None:
    page.click("Register", "tr", beside=course)
    page.click("Pay", "tr", beside=course)
    page.until("location.pathname.startsWith('/checkout/')")


def wait_for_row(page: Page, *words: str) -> None:
    said = " && ".join(f"row.innerText.includes({word!r})" for word in words)
    page.until(f"[...document.querySelectorAll('#views tr')].some(row => {said})")


def test_a_student_pays_at_the_checkout_and_the_inbox_tells_at_once(page: Page, course: str) -> None:
    sign_in(page, "student2")
    register_and_open_checkout(page, course)
    page.click("Pay")

    wait_for_row(page, course, "confirmed", "completed")
    wait_for_row(page, f"Your seat in {course} is confirmed")
    assert page.run("location.href").endswith("/")  # Checkout's fields are not kept in the address


def test_a_payment_that_failed_at_the_checkout_is_confirmed_by_its_late_webhook(page: Page, course: str) -> None:
    sign_in(page, "student3")
    register_and_open_checkout(page, course)
    page.click("Late-authorise: fails here, the money comes anyway")
    page.click("Back to the shop")

    wait_for_row(page, course, "confirmed", "completed")


def test_an_administrator_creates_and_publishes_a_course_with_the_keyboard_alone(page: Page) -> None:
    title = f"Typed {uuid4().hex[:8]}"
    sign_in(page, "admin")
    go_to(page, "Create a course")
    page.press("Enter")
    page.until("document.querySelector('dialog[open] input[name=title]') === document.activeElement")
    page.type(title)
    go_to(page, "Create a course")
    page.press("Enter")
    wait_for_row(page, title, "draft")
    page.click("Publish", "tr", beside=title)

    wait_for_row(page, title, "upcoming")


def go_to(page: Page, button: str) -> None:
    """Press Tab until the button has the focus; raises AssertionError when it never gets it."""
    for _ in range(60):
        page.press("Tab")
        if page.run(f"document.activeElement.innerText?.trim() === {button!r}"):
            return
    raise AssertionError(f"Tab never reaches {button}")


def test_a_refusal_is_shown_with_its_reason(page: Page, course: str) -> None:
    sign_in(page, "student")
    page.click("Register with a code", "tr", beside=course)
    page.until("document.querySelector('dialog[open] input')")
    page.type("NOSUCHCODE")
    page.press("Enter")

    page.until("document.querySelector('#answers summary').innerText.includes('unknown_referral_code')")
    assert [each for each in page.complaints if "422" not in each] == []
    page.complaints.clear()


def test_a_schedule_is_fired_and_a_knob_of_razorpay_turned(page: Page, stack: RunningStack) -> None:
    page.click("Schedules")
    page.click("Run now", "#schedules .list > div", beside="release_expired_holds")
    page.until("document.querySelector('#schedules pre:not(:empty)')?.innerText.startsWith('200')")

    page.click("Knobs of the fake Razorpay")
    page.click("open_order")
    page.until("document.querySelector('[data-knob=open_order] input').checkVisibility()")
    page.run("document.querySelector('[data-knob=open_order] input').focus()")
    page.type("12300")
    page.click("Turn", "[data-knob=open_order]")
    page.until("document.querySelector('[data-knob=open_order] pre').innerText.includes('12300')")


@pytest.mark.parametrize(("user", "fewest"), [("student2", 9), ("admin", 13)])
def test_every_list_of_the_page_is_answered(page: Page, user: str, fewest: int) -> None:
    sign_in(page, user)
    page.run("document.querySelectorAll('#views > details').forEach(box => (box.open = true))")
    counts = "[...document.querySelectorAll('#views > details .count')].map(count => count.textContent.trim())"
    page.until(f"{counts}.every(text => text && text !== '…')")

    found = page.run(counts)
    assert len(found) >= fewest
    assert "refused" not in found
    for size in (PHONE, DESK):
        page.look_like(*size)
        assert fits(page), size


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_fits_the_screen_and_loads_nothing_from_elsewhere(page: Page, size: tuple[int, int]) -> None:
    page.look_like(*size)
    page.until("document.querySelector('#views tbody tr')")
    assert fits(page)
    loaded = page.run("performance.getEntriesByType('resource').map(each => new URL(each.name).origin)")
    assert set(loaded) == {page.run("location.origin")}

    page.run("document.body.append(Object.assign(document.createElement('hr'), { style: 'width: 2000px' }))")
    assert not fits(page)


def fits(page: Page) -> bool:
    return bool(page.run("document.documentElement.scrollWidth <= innerWidth"))


def test_the_api_is_browsable(page: Page, stack: RunningStack) -> None:
    """As it is deployed, with its files."""
    page.open(f"{stack.file.base_url}/functions/v1/docs")
    page.until("document.querySelectorAll('[data-text]').length > 50")
