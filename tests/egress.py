"""No test reaches beyond this machine: whatever Python code tries to is refused, and the test that did it fails.

PostgreSQL's library connects without Python, to where the tests' URLs say. A fork is guarded too, another program not.
"""

import ipaddress
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

ASKED_BY = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}
"""Audit events, and which of their arguments is the address or the name."""
_refused: list[str] = []
_may_start_programs = True


class ProgramStarted(Exception):
    """Something starts a program where none may run."""


class Egress(Exception):
    """Something wants to reach the outside."""


def guard() -> None:
    """From now on, for the whole process: an audit hook cannot be taken away."""
    sys.addaudithook(_refuse)


@contextmanager
def no_programs() -> Generator[None]:
    """Refuse to start programs, which could reach the outside, for as long as the block lasts."""
    global _may_start_programs  # noqa: PLW0603
    _may_start_programs = False
    try:
        yield
    finally:
        _may_start_programs = True


def refused() -> list[str]:
    """What was refused since the last look."""
    found = _refused.copy()
    _refused.clear()
    return found


def is_here(address: Any) -> bool:
    """A loopback address, `(address, port, ...)` with one, no name at all or the path of a Unix socket."""
    host = address[0] if isinstance(address, tuple) else address
    if not isinstance(host, str) or host in ("", "localhost") or (host.startswith("/") and host == address):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen" and not _may_start_programs:
        raise ProgramStarted(arguments[0])
    position = ASKED_BY.get(event)
    if position is not None and not is_here(address := arguments[position]):
        _refused.append(f"{event} {address}")
        raise Egress(address)
