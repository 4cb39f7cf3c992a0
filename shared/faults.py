"""What a walk over a log of hashes finds, and how a command says so."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written, at a position of the log."""

    position: int
    what: str

    def __str__(self) -> str:
        return f"position {self.position}: {self.what}"


def report(faults: Iterable[Fault]) -> int:
    """Print each as it is found; how many there were."""
    count = 0
    for fault in faults:
        print(fault)  # noqa: T201
        count += 1
    return count
