"""Everything the fake remembers: one SQLite table of JSON records, on disk or in memory.

Keys that start with an underscore belong to the fake and are never shown to a client.
"""

import json
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from local.razorpay.entities import Entity

type Kind = Literal[
    "order",
    "payment",
    "refund",
    "refund_key",
    "dispute",
    "adjustment",
    "settlement",
    "recon_row",
    "delivery",
    "endpoint",
]

_SCHEMA = """
create table if not exists records (
  seq integer primary key, kind text not null, id text not null,
  lookup text, -- a payment's order, a refund's payment, a recon row's day, a delivery's state
  created real not null, body text not null, unique (kind, id)) strict;
create index if not exists records_lookup on records (kind, lookup, seq);
create index if not exists records_created on records (kind, created, seq);
"""
_PUT = """
insert into records (kind, id, lookup, created, body) values (?, ?, ?, ?, ?)
on conflict (kind, id) do update set lookup = excluded.lookup, body = excluded.body
"""
_PAGE = """
select body from records r
where kind = :kind and created <= :seen_until and body ->> 'created_at' between :since and :until
  and (:receipt is null or body ->> 'receipt' = :receipt)
  and (:authorized is null or :authorized = exists (
    select from_payments.id from records from_payments where from_payments.kind = 'payment'
      and from_payments.lookup = r.id and from_payments.body ->> 'status' = 'authorized'))
order by created desc, seq desc limit :count offset :skip
"""


class Store:
    """Records by kind and id. Used by one thread; every change happens inside `transaction`."""

    def __init__(self, path: Path | None) -> None:
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        # Opened by the thread that builds the fake, then used by the loop's thread alone.
        self._db: sqlite3.Connection = sqlite3.connect(path or ":memory:", autocommit=True, check_same_thread=False)
        # WAL with synchronous=normal survives a killed process, and costs no fsync per commit.
        try:
            self._db.executescript(f"pragma journal_mode = wal; pragma synchronous = normal; {_SCHEMA}")
        except sqlite3.Error:
            self.close()
            raise

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All changes of the block, or none of them."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def put(self, kind: Kind, entity: Entity, created: float, lookup: str | None = None) -> None:
        """Insert, or replace the record of the same id, which keeps its place and its creation time."""
        # Escaped JSON, because SQLite text can hold neither NUL nor a lone surrogate.
        self._db.execute(_PUT, (kind, entity["id"], lookup, created, json.dumps(entity)))

    def get(self, kind: Kind, id: str) -> Entity | None:
        row = self._db.execute("select body from records where kind = ? and id = ?", (kind, id)).fetchone()
        return json.loads(row[0]) if row else None

    def under(self, kind: Kind, lookup: str) -> list[Entity]:
        """All records with this lookup value, oldest first."""
        sql = "select body from records where kind = ? and lookup = ? order by seq"
        return _parsed(self._db.execute(sql, (kind, lookup)))

    def any_under(self, kind: Kind, lookup: str) -> bool:
        sql = "select exists (select id from records where kind = ? and lookup = ?)"
        return bool(self._db.execute(sql, (kind, lookup)).fetchone()[0])

    def all(self, kind: Kind) -> list[Entity]:
        """All records of a kind, oldest first."""
        return _parsed(self._db.execute("select body from records where kind = ? order by seq", (kind,)))

    def page(
        self,
        kind: Kind,
        *,
        since: int,
        until: int,
        seen_until: float,
        count: int,
        skip: int,
        receipt: str | None = None,
        authorized: bool | None = None,
    ) -> list[Entity]:
        """A page of records, newest first: created (unix seconds, inclusive) from `since` to `until`, and
        stored by `seen_until`."""
        values = {
            "kind": kind,
            "since": since,
            "until": until,
            "seen_until": seen_until,
            "count": count,
            "skip": skip,
            "receipt": receipt,
            "authorized": authorized,
        }
        return _parsed(self._db.execute(_PAGE, values))

    def forget_everything(self) -> None:
        self._db.execute("delete from records")


def public(entity: Entity) -> Entity:
    """The entity as a client sees it."""
    return {key: value for key, value in entity.items() if not key.startswith("_")}


def _parsed(rows: Iterable[tuple[str]]) -> list[Entity]:
    return [json.loads(body) for (body,) in rows]
