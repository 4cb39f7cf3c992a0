"""The account function on a real database."""

from tests.notifications.conftest import moto_url, platform

__all__ = ["moto_url", "platform"]
