"""Signed tree heads: what the log was on each day, where not even its owner can change it afterwards."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import chain as joined
from typing import Any

from shared import clock, db
from shared.actors import SERVICE
from shared.certificates import keys, storage, tree
from shared.certificates import tree_queries as queries
from shared.certificates.models import TreeHead, canonical
from shared.config import settings
from shared.db import Connection

LEAVES_AT_ONCE = 2000


def sign_once_a_day(now: datetime, has_time: Callable[[], bool]) -> TreeHead | None:
    """Sign today's tree head, if there is something new and none of today; days are the platform's.

    Put to S3 before it is written down: what a crash leaves is a second statement of the same tree.
    """
    with db.transaction(SERVICE, read_only=True) as conn:
        latest = queries.latest_head(conn)
    if latest and _day(latest.signed_at) == _day(now):
        return None
    if not _grow(has_time):
        return None
    with db.transaction(SERVICE, read_only=True) as conn:
        size = queries.tree_size(conn)
        root_hash = tree.root(size, queries.find_nodes(conn, tree.whole_parts(0, size)))
    if size == (latest.tree_size if latest else 0):
        return None
    head = _signed(size, root_hash, now)
    storage.put_tree_head(head.object_key, canonical(published(head)))
    with db.transaction(SERVICE) as conn:
        queries.insert_head(conn, head)
    return head


def inclusion_proof(conn: Connection, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of a signed head."""
    parts = tree.proof_parts(index, size)
    return tree.proof(index, size, queries.find_nodes(conn, list(joined.from_iterable(parts))))


def _grow(has_time: Callable[[], bool]) -> bool:
    """Add the chain's new entries to the tree; False when time ran out, the next run goes on."""
    while has_time():
        with db.transaction(SERVICE) as conn:
            size = queries.tree_size(conn)
            leaves = queries.list_leaves(conn, size, LEAVES_AT_ONCE)
            edge = queries.find_nodes(conn, tree.whole_parts(0, size))
            queries.insert_nodes(conn, tree.grown(size, edge, leaves))
        if len(leaves) < LEAVES_AT_ONCE:
            return True
    return False


def _signed(size: int, root_hash: bytes, now: datetime) -> TreeHead:
    key_id, signature = keys.sign(_statement(size, root_hash, now))
    object_key = f"tree-heads/{now.astimezone(UTC):%Y/%m/%d}-{size:010}.json"
    return TreeHead(size, root_hash, now, key_id, signature, object_key)


def statement(head: TreeHead) -> bytes:
    """What is signed."""
    return _statement(head.tree_size, head.root_hash, head.signed_at)


def is_ours(head: TreeHead) -> bool:
    return keys.is_signed(statement(head), head.signature, head.key_id)


def published(head: TreeHead) -> dict[str, Any]:
    """The head as it is shown and stored."""
    signature = base64.b64encode(head.signature).decode()
    return {**json.loads(statement(head)), "keyId": head.key_id, "signature": signature}


def _statement(size: int, root_hash: bytes, signed_at: datetime) -> bytes:
    at = signed_at.astimezone(UTC).isoformat(timespec="microseconds")
    return canonical({"log": "certificates", "treeSize": size, "rootHash": root_hash.hex(), "signedAt": at}).encode()


def _day(at: datetime) -> date:
    return clock.in_zone(at, settings().time_zone).date()
