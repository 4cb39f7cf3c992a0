"""What `make up` prints: one line for each step, with its time."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

_began = time.monotonic()


def say(text: str) -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Generator[Callable[[str], None]]:
    """Print a step when it is done, with its time, and after a second already that it is under way.

    Yields a way to add to what is printed.
    """
    results: list[str] = []
    began = time.monotonic()
    under_way = threading.Timer(1, say, [f"  ...          {title}"])
    under_way.daemon = True
    under_way.start()
    try:
        yield results.append
    finally:
        under_way.cancel()
    say(f"  ok  {time.monotonic() - began:5.1f} s  {title}{': ' if results else ''}{', '.join(results)}")


def elapsed() -> float:
    """Seconds since the program began."""
    return time.monotonic() - _began
