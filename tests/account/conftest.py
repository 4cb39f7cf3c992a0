"""The account function on a real database."""

from tests.notifications.conftest import platform

__all__ = ["platform"]
