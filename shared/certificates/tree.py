"""The Merkle tree of RFC 6962 (2.1) over the chain: roots and inclusion proofs from the hashes of whole subtrees.

A node is (level, position): the hash over the 2^level leaves from position * 2^level. Only whole subtrees are kept;
the ragged right edge is folded from them when it is asked for.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

type Place = tuple[int, int]
type Nodes = Mapping[Place, bytes]

EMPTY_ROOT = hashlib.sha256().digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def whole_parts(start: int, size: int) -> list[Place]:
    """The whole subtrees that `size` leaves from `start` consist of, left to right."""
    parts: list[Place] = []
    while size:
        level = size.bit_length() - 1
        parts.append((level, start >> level))
        start, size = start + (1 << level), size - (1 << level)
    return parts


def root(size: int, nodes: Nodes) -> bytes:
    """The root over the first `size` leaves; needs the nodes of `whole_parts(0, size)`."""
    return _fold([nodes[place] for place in whole_parts(0, size)]) if size else EMPTY_ROOT


def proof_parts(index: int, size: int) -> list[list[Place]]:
    """What the inclusion proof of leaf `index` is made of, from the leaf up: each hash from these whole subtrees."""
    ranges: list[tuple[int, int]] = []
    start = 0
    while size > 1:
        left = 1 << ((size - 1).bit_length() - 1)
        if index < start + left:
            ranges.append((start + left, size - left))
            size = left
        else:
            ranges.append((start, left))
            start, size = start + left, size - left
    return [whole_parts(*each) for each in reversed(ranges)]


def proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The audit path (RFC 6962, 2.1.1); needs the nodes of `proof_parts`."""
    return [_fold([nodes[place] for place in parts]) for parts in proof_parts(index, size)]


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: whether the path leads from this leaf to this root."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == expected_root


def grown(size: int, nodes: Nodes, leaves: Iterable[bytes]) -> Iterator[tuple[Place, bytes]]:
    """The whole subtrees that leaves after the first `size` complete; needs the nodes of `whole_parts(0, size)`."""
    edge = {level: nodes[level, position] for level, position in whole_parts(0, size)}
    for position, leaf in enumerate(leaves, start=size):
        level, found = 0, leaf
        yield (0, position), found
        while position >> level & 1:
            found = node_hash(edge[level], found)
            level += 1
            yield (level, position >> level), found
        edge[level] = found


def _fold(parts: Sequence[bytes]) -> bytes:
    *rest, found = parts
    for part in reversed(rest):
        found = node_hash(part, found)
    return found
