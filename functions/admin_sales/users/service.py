"""Finding people, and two accounts of one person that become one."""

import re
from datetime import datetime
from uuid import UUID

from functions.admin_sales.users import queries
from functions.admin_sales.users.models import MergeAnswer, UserDetail, UserList
from shared.db import Connection
from shared.errors import Conflict, Invalid, NotFound
from shared.paging import cursor_after, read_cursor
from shared.profiles.models import PHONE

MOST_ROWS = 100


def search(conn: Connection, text: str | None, *, cursor: str | None, limit: int) -> UserList:
    """A page of people, the newest first; raises Invalid for a foreign cursor."""
    text = (text or "").strip()
    found = queries.search(conn, kind_of(text), text, after=read_cursor(cursor), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    return UserList(users=page, next_cursor=cursor_after(page[-1].created_at, page[-1].id) if more else None)


def kind_of(text: str) -> str:
    """What a search text is, by its form: an id, an address, a number, or a name and the beginning of an address."""
    if not text:
        return "everybody"
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        return "id"
    if PHONE.fullmatch(text):
        return "phone"
    return "address" if "@" in text else "name"


def show(conn: Connection, user_id: UUID) -> UserDetail:
    """Raises NotFound."""
    found = queries.find_user(conn, user_id)
    if found is None:
        raise NotFound("user")
    return UserDetail(
        **found,
        seats=queries.list_seats(conn, user_id, MOST_ROWS),
        payments=queries.list_payments(conn, user_id, MOST_ROWS),
        certificates=queries.list_certificates(conn, [user_id, *found["merged_from"]], MOST_ROWS),
    )


def lift_hold_limits(conn: Connection, user_id: UUID, now: datetime) -> None:
    """Forget which holds and offers a person, by any account of the same address, let lapse; raises NotFound."""
    if not queries.lift_hold_limits(conn, user_id, now):
        raise NotFound("user")


def merge(
    conn: Connection, from_id: UUID, into_id: UUID, admin_id: UUID, now: datetime, *, dry_run: bool
) -> MergeAnswer:
    """Move what one account owns to the other; a dry run tells what would move and what stands in the way.

    Raises NotFound, Invalid (`same_account`) and Conflict: `administrator`, `account_erased`, `already_merged`, and
    `merge_conflict` where the one account would break a rule.
    """
    if from_id == into_id:
        raise Invalid("An account cannot be merged into itself.", code="same_account")
    queries.lock_accounts(conn, [from_id, into_id])
    accounts = queries.list_accounts(conn, [from_id, into_id])
    if len(accounts) < 2:
        raise NotFound("user")
    _refuse_unmergeable(accounts)
    conflicts = queries.list_conflicts(conn, from_id, into_id)
    if conflicts and not dry_run:
        raise Conflict(
            "The two accounts do not fit together; a dry run names what is in the way.", code="merge_conflict"
        )
    moved = {name: queries.count_owned(conn, name, from_id) for name in queries.MOVED}
    if not dry_run:
        moved = {name: queries.move(conn, name, from_id, into_id) for name in queries.MOVED}
        queries.insert_merge(conn, from_id, into_id, admin_id, now)
    return MergeAnswer(
        user_id=into_id,
        from_user_id=from_id,
        dry_run=dry_run,
        moved={name: rows for name, rows in moved.items() if rows},
        conflicts=conflicts,
    )


def _refuse_unmergeable(accounts: list[queries.MergeableAccount]) -> None:
    if any(account.is_admin for account in accounts):
        raise Conflict("An administrator's account cannot be merged.", code="administrator")
    if any(account.is_erased for account in accounts):
        raise Conflict("An erased account cannot be merged.", code="account_erased")
    if any(account.merged_into for account in accounts):
        raise Conflict("One of the accounts was merged before.", code="already_merged")
