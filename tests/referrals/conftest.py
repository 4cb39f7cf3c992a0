"""A school on a database of its own."""

from tests.seats.conftest import school

__all__ = ["school"]
