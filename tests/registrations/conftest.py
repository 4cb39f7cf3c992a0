"""Registering against the fake Razorpay."""

from collections.abc import Iterator

import pytest

from local.razorpay.server import FakeRazorpay
from tests.deployed import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, DeployedFunctions
from tests.registrations.storefront import Storefront


@pytest.fixture
def account() -> Iterator[FakeRazorpay]:
    """A Razorpay whose webhooks wait to be delivered by hand."""
    with FakeRazorpay(
        key_id=KEY_ID,
        key_secret=KEY_SECRET,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url="http://127.0.0.1:9/",
        hold=True,
        seed=1,
    ) as razorpay:
        yield razorpay


@pytest.fixture
def storefront(deployed: DeployedFunctions, account: FakeRazorpay) -> Storefront:
    """The platform with that Razorpay."""
    deployed.set(RAZORPAY_BASE_URL=account.url)
    return Storefront(deployed, account)
