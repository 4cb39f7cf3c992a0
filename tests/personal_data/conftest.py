"""The functions on a platform that a module's tests share."""

from tests.kept import emptied, kept

__all__ = ["emptied", "kept"]
