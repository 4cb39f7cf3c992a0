"""Money, against the fake Razorpay."""

from tests.registrations.conftest import account, storefront

__all__ = ["account", "storefront"]
