"""The books against the fake Razorpay, over real HTTP."""

from collections.abc import Iterator

import pytest

from local.razorpay.server import FakeRazorpay
from tests.deployed import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, Deployed
from tests.kept import emptied, kept
from tests.reconciliation.books import Books, Calendar

__all__ = ["emptied", "kept"]


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture(scope="module")
def razorpay(calendar: Calendar) -> Iterator[FakeRazorpay]:
    with FakeRazorpay(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url="http://127.0.0.1:9/",
        hold=True,
        clock=calendar,
        seed=1,
    ) as fake:
        yield fake


@pytest.fixture
def books(emptied: Deployed, razorpay: FakeRazorpay, calendar: Calendar) -> Books:
    razorpay.reset()
    calendar.behind = 0.0
    emptied.set(RAZORPAY_BASE_URL=razorpay.url)
    emptied.mute_queue()
    return Books(emptied, razorpay, calendar)
