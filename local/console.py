"""What `make up` prints: one line for each step, with its time."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

_began = time.monotonic()


def say(text: str) -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str, *, slow: str = "") -> Generator[Callable[[str], None]]:
    """Time a step and print it when done; `slow` says beforehand what takes long. Yields a way to add a result."""
    if slow:
        say(f"  ...          {title}: {slow}")
    results: list[str] = []
    began = time.monotonic()
    yield results.append
    say(f"  ok  {time.monotonic() - began:5.1f} s  {title}{': ' if results else ''}{', '.join(results)}")


def elapsed() -> float:
    """Seconds since the program began."""
    return time.monotonic() - _began
