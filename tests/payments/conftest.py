"""Money, against the fake Razorpay."""

from tests.registrations.conftest import account, school

__all__ = ["account", "school"]
