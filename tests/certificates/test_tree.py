"""The Merkle tree is RFC 6962's: its published vectors, every proof of small trees, and no other."""

import hashlib

import pytest

from shared.certificates import tree

LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [  # Certificate Transparency's reference tree, sizes 1 to 8
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def hashed(leaves: list[bytes]) -> list[bytes]:
    return [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]


def built(leaves: list[bytes]) -> dict[tree.Place, bytes]:
    nodes: dict[tree.Place, bytes] = {}
    for size, leaf in enumerate(leaves):
        nodes.update(tree.grown(size, nodes, [leaf]))
    return nodes


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_the_published_ones(size: int) -> None:
    assert tree.root(size, built(hashed(LEAVES))).hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert tree.root(0, {}) == hashlib.sha256(b"").digest()


def test_growing_at_once_or_one_by_one_is_the_same() -> None:
    leaves = hashed([bytes([each]) for each in range(100)])
    one_by_one = built(leaves)
    for cut in (0, 1, 7, 64, 99):
        start = built(leaves[:cut])
        assert start | dict(tree.grown(cut, start, leaves[cut:])) == one_by_one


def test_every_proof_of_every_tree_up_to_40_holds_and_no_other_does() -> None:
    leaves = hashed([bytes([each]) for each in range(40)])
    nodes = built(leaves)
    for size in range(1, 41):
        root = tree.root(size, nodes)
        for index in range(size):
            path = tree.proof(index, size, nodes)
            assert tree.is_included(leaves[index], index, size, path, root)
            assert not tree.is_included(leaves[index], (index + 1) % size, size, path, root) or size == 1
            assert not tree.is_included(leaves[index], index, size, path, bytes(32))
            assert not tree.is_included(leaves[index], index, size, [*path, bytes(32)], root)
            assert not path or not tree.is_included(leaves[index], index, size, path[:-1], root)
