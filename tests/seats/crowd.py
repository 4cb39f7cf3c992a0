"""Many people who begin at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.errors import AppError
from tests.deployed import close_connections


def at_once[Given, Result](action: Callable[[Given], Result], each: Sequence[Given]) -> list[Result | str]:
    """`action` for each in a thread of its own; a refusal is its code."""
    start = threading.Barrier(len(each))

    def run(given: Given) -> Result | str:
        try:
            start.wait(60)
            return action(given)
        except AppError as refusal:
            return refusal.code
        finally:
            close_connections()

    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(run, each))
