"""Walks the whole chain and finds what was altered, removed, inserted or put in another order.

What the chain alone cannot show, a rewriting of everything behind some point, the signed tree heads show.
"""

import hashlib
import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.certificates import chain, checks, tree, tree_queries
from shared.certificates import walk_queries as queries
from shared.certificates.heads import published
from shared.certificates.models import Certificate, RevocationChange, canonical
from shared.certificates.tree import Place
from shared.db import Connection
from shared.faults import Fault

PAGE = 100

type Files = Callable[[str], bytes | None]
"""The stored file under a key."""
type IsSigned = Callable[[bytes, bytes, str], bool]
"""Whether a statement has this signature of the key with this id."""


@dataclass
class _Walk:
    tree_size: int = 0
    previous: bytes = chain.EMPTY
    edge: dict[Place, bytes] = field(default_factory=dict[Place, bytes])
    roots: dict[int, bytes] = field(default_factory=dict[int, bytes])
    revoked: dict[UUID, Certificate] = field(default_factory=dict[UUID, Certificate])
    logged: dict[UUID, RevocationChange] = field(default_factory=dict[UUID, RevocationChange])


def walk(
    conn: Connection,
    *,
    heads: Mapping[str, str] | None = None,
    is_signed: IsSigned | None = None,
    files: Files | None = None,
) -> Iterator[Fault]:
    """Every fault, in the order of the chain; nothing when all is as it was written.

    `heads` are the published tree heads by the key they are stored under, checked with `is_signed`; with `files` each
    PDF is compared too.
    """
    statements: list[dict[str, Any]] = [json.loads(each) for each in (heads or {}).values()]
    kept = tree_queries.list_heads(conn)
    sizes = [*(int(each["treeSize"]) for each in statements), *(head.tree_size for head in kept)]
    state = _Walk(tree_size=tree_queries.tree_size(conn), roots=dict.fromkeys(sizes, b""))
    end = queries.last_position(conn)
    for after in range(0, end, PAGE):
        yield from _page(conn, state, after, min(after + PAGE, end), files)
    yield from _revocations(state)
    if tree_queries.count_nodes(conn) != 2 * state.tree_size - state.tree_size.bit_count():
        yield Fault(state.tree_size, "the tree has nodes too many or too few")
    for head in kept:
        if state.roots[head.tree_size] != head.root_hash:
            yield Fault(head.tree_size, "the tree is not what the head in the database says")
        if heads is not None and heads.get(head.object_key) != canonical(published(head)):
            yield Fault(head.tree_size, "the head in the database is not the one that was published")
    for statement in statements:
        yield from _head(state, statement, is_signed)


def _page(conn: Connection, state: _Walk, after: int, upto: int, files: Files | None) -> Iterator[Fault]:
    entries: dict[int, Certificate | RevocationChange] = {}
    for row in [*queries.list_certificates(conn, after, upto), *queries.list_changes(conn, after, upto)]:
        if row.chain_position in entries:
            yield Fault(row.chain_position, "two entries are here")
        entries[row.chain_position] = row
    hashes: list[bytes] = []
    for position in range(after + 1, upto + 1):
        row = entries.get(position)
        if row is None:
            yield Fault(position, "the entry is missing")
            hashes.append(b"")
            continue
        yield from (Fault(position, what) for what in _entry(state, row, files))
        state.previous = row.blockchain_hash
        hashes.append(row.blockchain_hash)
    yield from _grow(conn, state, after, hashes)


def _entry(state: _Walk, row: Certificate | RevocationChange, files: Files | None) -> Iterator[str]:
    if row.previous_hash != state.previous:
        yield "the entry before it is another one"
    if isinstance(row, RevocationChange):
        yield from checks.change_faults(row)
        state.logged[row.certificate_id] = row
        return
    yield from checks.certificate_faults(row)
    if (row.revoked_at, row.revoke_reason, row.replaced_by) != (None, None, None):
        state.revoked[row.id] = row
    if files is not None:
        pdf = files(row.pdf_key)
        if pdf is None:
            yield "the PDF is missing"
        elif hashlib.sha256(pdf).digest() != row.pdf_hash:
            yield "the PDF is not the one that was issued"


def _grow(conn: Connection, state: _Walk, size: int, hashes: list[bytes]) -> Iterator[Fault]:
    """Build the tree over these entries, compare its nodes with the kept ones and note the roots asked for."""
    nodes: list[tuple[Place, bytes]] = []
    for count, leaf in enumerate(hashes, start=size):
        added = list(tree.grown(count, state.edge, [leaf]))
        nodes += added
        known = state.edge | dict(added)
        state.edge = {place: known[place] for place in tree.whole_parts(0, count + 1)}
        if count + 1 in state.roots:
            state.roots[count + 1] = tree.root(count + 1, state.edge)
    stored = tree_queries.find_nodes(conn, [place for place, _ in nodes])
    for place, node in nodes:
        is_kept = (place[1] + 1) << place[0] <= state.tree_size
        if is_kept and stored.get(place) != node:
            yield Fault((place[1] << place[0]) + 1, f"the tree's node {place} is not the hash of its entries")


def _revocations(state: _Walk) -> Iterator[Fault]:
    for certificate_id, row in state.revoked.items():
        if not checks.is_as_logged(row, state.logged.get(certificate_id)):
            yield Fault(row.chain_position, "its revocation is not what the log says")
    for certificate_id, change in state.logged.items():
        if certificate_id not in state.revoked:
            yield Fault(change.chain_position, "it was logged as revoked and is not")


def _head(state: _Walk, published: dict[str, Any], is_signed: IsSigned | None) -> Iterator[Fault]:
    size = int(published["treeSize"])
    signature, key_id = b64decode(published["signature"]), str(published["keyId"])
    statement = {name: value for name, value in published.items() if name not in ("keyId", "signature")}
    if is_signed is not None and not is_signed(canonical(statement).encode(), signature, key_id):
        yield Fault(size, "the published tree head is not signed by us")
    if state.roots[size].hex() != published["rootHash"]:
        yield Fault(size, "the tree is not what was signed and published")
