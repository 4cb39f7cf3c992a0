"""Reconciliation against the fake Razorpay, over real HTTP."""

from collections.abc import Iterator

import pytest

from local.razorpay.server import FakeRazorpay
from tests.deployed import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, DeployedFunctions
from tests.kept import emptied, kept
from tests.reconciliation.scenario import AdjustableClock, ReconciliationScenario

__all__ = ["emptied", "kept"]


@pytest.fixture(scope="module")
def razorpay_clock() -> AdjustableClock:
    return AdjustableClock()


@pytest.fixture(scope="module")
def razorpay(razorpay_clock: AdjustableClock) -> Iterator[FakeRazorpay]:
    with FakeRazorpay(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url="http://127.0.0.1:9/",
        hold=True,
        clock=razorpay_clock,
        seed=1,
    ) as fake:
        yield fake


@pytest.fixture
def scenario(
    emptied: DeployedFunctions, razorpay: FakeRazorpay, razorpay_clock: AdjustableClock
) -> ReconciliationScenario:
    razorpay.reset()
    razorpay_clock.behind = 0.0
    emptied.set(RAZORPAY_BASE_URL=razorpay.url)
    emptied.mute_queue()
    return ReconciliationScenario(emptied, razorpay, razorpay_clock)
