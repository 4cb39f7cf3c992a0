"""Money, against the fake Razorpay."""

from tests.registrations.conftest import school

__all__ = ["school"]
