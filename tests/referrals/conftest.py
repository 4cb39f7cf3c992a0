"""A platform simulation on a database of its own, and the deployment that a module's tests share."""

from tests.kept import emptied, kept
from tests.seats.conftest import simulation

__all__ = ["emptied", "kept", "simulation"]
