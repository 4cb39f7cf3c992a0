"""Which groups a token carries."""

from collections.abc import Callable, Iterable

ADMIN = "admin"


def granted_groups(groups: Iterable[str], *, mfa_required: bool, has_second_factor: Callable[[], bool]) -> list[str]:
    """The user's groups, without the administrators' for a user who signs in with a password alone.

    Who has a second factor is asked for it at every sign-in, so to have one is to have used it.
    """
    return [group for group in groups if group != ADMIN or not mfa_required or has_second_factor()]
