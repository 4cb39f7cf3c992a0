"""Runs actions at the same moment, each in a thread with a connection of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from shared.errors import AppError, Unavailable
from tests.deployed import close_connections


def at_once[Given, Result](action: Callable[[Given], Result], each: Sequence[Given]) -> list[Result | str]:
    """Run `action` for each item in a thread of its own; returns the results, or the code of an AppError.

    An Unavailable answer (a lock timeout) is retried, as a client would.
    """
    start = threading.Barrier(len(each))

    def run(given: Given) -> Result | str:
        try:
            start.wait(60)
            return retry_while_unavailable(partial(action, given))
        except AppError as refusal:
            return refusal.code
        finally:
            close_connections()

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(run, each))


def retry_while_unavailable[Result](action: Callable[[], Result]) -> Result:
    for _ in range(20):
        try:
            return action()
        except Unavailable:
            continue
    return action()
