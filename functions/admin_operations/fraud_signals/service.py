"""Fraud signals, computed from stored data on each request: each states its reason, and none blocks anybody."""

from datetime import datetime
from uuid import UUID

from functions.admin_operations.fraud_signals import queries
from functions.admin_operations.fraud_signals.models import (
    SIGNAL_REASONS,
    DetectedSignal,
    FraudSignal,
    SignalKind,
    SignalList,
)
from shared.db import Connection
from shared.errors import NotFound
from shared.paging import cursor_after, read_cursor


def list_signals(
    conn: Connection,
    *,
    kind: SignalKind | None,
    is_reviewed: bool | None,
    cursor: str | None,
    limit: int,
    now: datetime,
) -> SignalList:
    """A page of signs, the latest first; raises Invalid for a foreign cursor."""
    found = queries.list_signals(
        conn, kind=kind, is_reviewed=is_reviewed, after=read_cursor(cursor), limit=limit + 1, now=now
    )
    page, more = found[:limit], len(found) > limit
    return SignalList(
        fraud_signals=_with_reasons(conn, page),
        next_cursor=cursor_after(page[-1].last_seen_at, page[-1].id) if more else None,
    )


def review_signal(
    conn: Connection, signal_id: UUID, note: str, admin_id: UUID, now: datetime
) -> tuple[DetectedSignal, FraudSignal]:
    """The sign before and after somebody has looked into it; raises NotFound, also once it is no longer one."""
    before = queries.find_signal(conn, signal_id, now)
    if before is None:
        raise NotFound("sign of fraud")
    queries.upsert_review(conn, before, note, admin_id, now)
    after = queries.find_signal(conn, signal_id, now)
    assert after is not None
    return before, _with_reasons(conn, [after])[0]


def _with_reasons(conn: Connection, found: list[DetectedSignal]) -> list[FraudSignal]:
    people = queries.list_accounts(conn, list({account for signal in found for account in signal.accounts}))
    known = {person.id: person for person in people}
    return [
        FraudSignal(
            **signal.model_dump(by_alias=False),
            reason=SIGNAL_REASONS[signal.kind],
            people=[known[account] for account in signal.accounts if account in known],
        )
        for signal in found
    ]
