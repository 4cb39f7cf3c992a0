"""Walks the audit log and finds what was altered, removed or put in another order.

The hashes are computed here, from the columns as they are, not by the function that wrote them: whoever can change
rows can change functions too. What the chain alone cannot show, the end cut off or everything written anew, shows
against a row's hash that somebody noted before (`Noted`).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from shared.audit import walk_queries as queries
from shared.db import Connection
from shared.faults import Fault

PAGE = 1000
BEFORE_THE_FIRST = b""


@dataclass(frozen=True)
class AuditCheckpoint:
    """The hash of the row at a position, as an earlier walk said it."""

    position: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.hash.hex()}"


def walk(conn: Connection, noted: AuditCheckpoint | None = None) -> Iterator[Fault]:
    """Every fault, in the order of the log; nothing when all is as it was written."""
    position, previous = 0, BEFORE_THE_FIRST
    while page := queries.list_links(conn, position, PAGE):
        for link in page:
            if link.position != position + 1:
                yield Fault(position + 1, "missing")
            elif link.previous_hash != previous:
                yield Fault(link.position, "the row before it is another one")
            if hashlib.sha256(link.previous_hash + link.content.encode()).digest() != link.hash:
                yield Fault(link.position, "altered, or moved from another position")
            if noted and noted.position == link.position and noted.hash != link.hash:
                yield Fault(link.position, "not the row that was noted")
            position, previous = link.position, link.hash
    if noted and noted.position > position:
        yield Fault(position + 1, f"missing, up to the noted position {noted.position}")


def head(conn: Connection) -> AuditCheckpoint | None:
    """The last row, to be noted somewhere else; None while there is none."""
    last = queries.last_link(conn)
    return AuditCheckpoint(last.position, last.hash) if last else None
