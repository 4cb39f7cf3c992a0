"""The statements of the Merkle tree and its signed heads."""

from collections.abc import Iterable, Sequence

from psycopg.rows import class_row, scalar_row

from shared.certificates.models import TreeHead
from shared.certificates.tree import Place
from shared.db import Connection


def latest_head(conn: Connection) -> TreeHead | None:
    return (
        conn.cursor(row_factory=class_row(TreeHead))
        .execute(
            """
            select tree_size, root_hash, signed_at, key_id, signature, object_key
            from public.certificate_tree_heads order by tree_size desc limit 1
            """
        )
        .fetchone()
    )


def list_heads(conn: Connection) -> list[TreeHead]:
    """All heads, the smallest tree first: one a day."""
    return (
        conn.cursor(row_factory=class_row(TreeHead))
        .execute(
            """
            select tree_size, root_hash, signed_at, key_id, signature, object_key
            from public.certificate_tree_heads order by tree_size
            """
        )
        .fetchall()
    )


def insert_head(conn: Connection, head: TreeHead) -> None:
    conn.execute(
        """
        insert into public.certificate_tree_heads (tree_size, root_hash, signed_at, key_id, signature, object_key)
        values (%(tree_size)s, %(root_hash)s, %(signed_at)s, %(key_id)s, %(signature)s, %(object_key)s)
        on conflict (tree_size) do nothing
        """,
        vars(head),
    )


def tree_size(conn: Connection) -> int:
    """How many entries of the chain the tree holds."""
    cursor = conn.cursor(row_factory=scalar_row)
    return int(
        cursor.execute(
            "select coalesce(max(position) + 1, 0) from public.certificate_tree_nodes where level = 0"
        ).fetchone()
        or 0
    )


def count_nodes(conn: Connection) -> int:
    cursor = conn.cursor(row_factory=scalar_row)
    return int(cursor.execute("select count(*) from public.certificate_tree_nodes").fetchone() or 0)


def list_leaves(conn: Connection, after: int, limit: int) -> list[bytes]:
    """The hashes of the chain's entries behind position `after`, in order."""
    cursor = conn.cursor(row_factory=scalar_row)
    return cursor.execute(
        """
        select blockchain_hash from (
            (select chain_position, blockchain_hash from public.certificates
             where chain_position > %(after)s order by chain_position limit %(limit)s)
            union all
            (select chain_position, blockchain_hash from public.certificate_changes
             where chain_position > %(after)s order by chain_position limit %(limit)s)
        ) entries
        order by chain_position limit %(limit)s
        """,
        {"after": after, "limit": limit},
    ).fetchall()


def find_nodes(conn: Connection, places: Sequence[Place]) -> dict[Place, bytes]:
    found = conn.execute(
        """
        select n.level, n.position, n.hash
        from unnest(%(levels)s::integer[], %(positions)s::bigint[]) as wanted (level, position)
        join public.certificate_tree_nodes n using (level, position)
        """,
        {"levels": [level for level, _ in places], "positions": [position for _, position in places]},
    )
    return {(level, position): node for level, position, node in found}


def insert_nodes(conn: Connection, nodes: Iterable[tuple[Place, bytes]]) -> None:
    """Add nodes; the same ones a second time change nothing."""
    rows = list(nodes)
    conn.execute(
        """
        insert into public.certificate_tree_nodes (level, position, hash)
        select level, position, hash
        from unnest(%(levels)s::integer[], %(positions)s::bigint[], %(hashes)s::bytea[]) as n (level, position, hash)
        on conflict do nothing
        """,
        {
            "levels": [level for (level, _), _ in rows],
            "positions": [position for (_, position), _ in rows],
            "hashes": [node for _, node in rows],
        },
    )
