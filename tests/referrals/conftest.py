"""A school on a database of its own, and the platform that a module's tests share."""

from tests.kept import emptied, kept
from tests.seats.conftest import school

__all__ = ["emptied", "kept", "school"]
