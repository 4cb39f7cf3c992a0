"""Many people who begin at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from shared.errors import AppError, Unavailable
from tests.deployed import close_connections


def at_once[Given, Result](action: Callable[[Given], Result], each: Sequence[Given]) -> list[Result | str]:
    """`action` for each in a thread of its own; a refusal is its code.

    Whoever is told to come back later (a lock was waited for too long) does so, as a client would.
    """
    start = threading.Barrier(len(each))

    def run(given: Given) -> Result | str:
        try:
            start.wait(60)
            return insist(partial(action, given))
        except AppError as refusal:
            return refusal.code
        finally:
            close_connections()

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(run, each))


def insist[Result](action: Callable[[], Result], times: int = 20) -> Result:
    for _ in range(times):
        try:
            return action()
        except Unavailable:
            continue
    return action()
