"""What a run compares, page by page: Razorpay is read first, then what differs is mended, order by order."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from functions.payment_reconciliation import queries, settlement_queries, verdicts
from functions.payment_reconciliation.models import (
    Comparison,
    Cursor,
    Judgement,
    OurOrder,
    Page,
    Phase,
    comparisons_of,
)
from functions.payment_reconciliation.work import Work
from shared import clock, db
from shared.actors import SERVICE
from shared.clock import in_zone
from shared.paging import cursor_after, read_cursor
from shared.payments.gateway import PAGE, ROWS_PAGE, GatewayRefused
from shared.payments.models import PaymentEntity, RefundEntity, SettlementRow

BY_ID_PAGE = 20
"""So few orders are read by id between two steps that even a call from a client, with its seconds, gets ahead."""
UNSETTLED_AFTER = timedelta(days=7)
"""Two working days (https://razorpay.com/docs/payments/settlements/), a weekend and bank holidays."""
UNSETTLED_BEFORE = timedelta(days=60)
INDIA = ZoneInfo("Asia/Kolkata")
"""Razorpay settles on days in India, wherever the platform is."""


def payments(work: Work, cursor: Cursor) -> Page:
    """Razorpay's payments of the window with the orders they are for."""
    size, page = work.ask(lambda gateway: gateway.list_payments(work.run.window, cursor.skip))
    of_orders: defaultdict[str | None, list[PaymentEntity]] = defaultdict(list)
    for payment in page:
        of_orders[payment.order_id].append(payment)
    ours = _read_orders({order_id for order_id in of_orders if order_id})
    now = clock.now()
    comparisons: list[Comparison] = []
    for order_id, each in of_orders.items():
        order = ours.get(order_id or "")
        judged = [verdicts.judge_payment(order, payment, now) for payment in each]
        if order is not None and order_id and not _agree(order, each, judged):
            comparisons += work.mend(order_id)
            continue
        comparisons += comparisons_of(judged)
        if order_id and order and any(payment.id == order.row.razorpay_payment_id for payment in each):
            work.listed.add(order_id)
    return Page(comparisons, _next_page(cursor, size, PAGE, Cursor(phase="orders")))


def orders(work: Work, cursor: Cursor) -> Page:
    """Our orders of the window that Razorpay's list did not show in order: its lists lag, reads by id do not."""
    with db.transaction(SERVICE, read_only=True) as conn:
        page = queries.list_orders(conn, work.run.window_start, work.run.until, read_cursor(cursor.after), BY_ID_PAGE)
    return _mended(work, cursor, page, Cursor(phase="refunds"))


def open_orders(work: Work, cursor: Cursor) -> Page:
    """Orders that may have been paid without our being told."""
    with db.transaction(SERVICE, read_only=True) as conn:
        page = queries.list_open_orders(
            conn, work.run.window_start, work.run.window_end, read_cursor(cursor.after), BY_ID_PAGE
        )
    return _mended(work, cursor, page, None)


def refunds(work: Work, cursor: Cursor) -> Page:
    """Razorpay's refunds of the window, whenever their payments were made."""
    size, page = work.ask(lambda gateway: gateway.list_refunds(work.run.window, cursor.skip))
    with db.transaction(SERVICE, read_only=True) as conn:
        known = queries.orders_of_payments(conn, {refund.payment_id for refund in page})
        ours = queries.read_orders(conn, set(known.values()))
    comparisons: list[Comparison] = []
    for refund in page:
        order_id = known.get(refund.payment_id)
        if order_id is None:
            comparisons += _of_unknown_payment(work, refund)
        elif order_id not in work.read:
            judged = verdicts.judge_refund(ours[order_id], refund)
            comparisons += work.mend(order_id) if judged.is_behind else comparisons_of([judged])
    return Page(comparisons, _next_page(cursor, size, PAGE, Cursor(phase="pending_refunds")))


def pending_refunds(work: Work, cursor: Cursor) -> Page:
    """Refunds of ours that were still under way when we last heard, however old."""
    after = UUID(cursor.after) if cursor.after else None
    with db.transaction(SERVICE, read_only=True) as conn:
        page = queries.list_pending_refunds(conn, after, BY_ID_PAGE)
    comparisons = [comparison for _, order_id in page for comparison in work.mend(order_id)]
    is_last = len(page) < BY_ID_PAGE
    first_day = Cursor(phase="settlement_rows", day=_first_day(work))
    return Page(comparisons, first_day if is_last else Cursor(phase="pending_refunds", after=str(page[-1][0])))


def settlement_rows(work: Work, cursor: Cursor) -> Page:
    """What was settled, a day in India at a time, with the payments and refunds it settles; all of it is booked."""
    day = cursor.day or _first_day(work)
    size, page = work.ask(lambda gateway: gateway.settlement_rows(day, cursor.skip))
    rows = [row for row in page if row.settlement_id]  # what is on hold is in none yet
    of_money = [row for row in rows if row.type in ("payment", "refund")]
    order_ids = _orders_of_rows(of_money)
    ours = _read_orders(set(order_ids.values()))
    behind = {
        order_ids[row.entity_id]
        for row in of_money
        if row.entity_id in order_ids and verdicts.judge_row(ours.get(order_ids[row.entity_id]), row).is_behind
    }
    comparisons = [comparison for order_id in sorted(behind) for comparison in work.mend(order_id)]
    ours |= _read_orders(behind)
    comparisons += comparisons_of(
        [verdicts.judge_row(ours.get(order_ids.get(row.entity_id, "")), row) for row in of_money]
    )
    end = in_zone(work.run.until, INDIA.key).date()
    next_day = day + timedelta(days=1)
    following = Cursor(phase="settlement_rows", day=next_day) if next_day <= end else Cursor(phase="settlements")
    return Page(comparisons, _next_page(cursor, size, ROWS_PAGE, following), rows=rows)


def settlements(work: Work, cursor: Cursor) -> Page:
    """The sum of each settlement with the rows that explain it."""
    size, page = work.ask(lambda gateway: gateway.list_settlements(work.run.window, cursor.skip))
    with db.transaction(SERVICE, read_only=True) as conn:
        booked = settlement_queries.sum_rows(conn, {settlement.id for settlement in page})
    judged = [verdicts.judge_settlement(each, booked.get(each.id), work.run.until) for each in page]
    following = _next_page(cursor, size, PAGE, Cursor(phase="unsettled"))
    return Page(comparisons_of(judged), following, settlements=page)


def unsettled(work: Work, cursor: Cursor) -> Page:
    """Money that was taken and has not come to our bank in time."""
    until = work.run.until
    with db.transaction(SERVICE, read_only=True) as conn:
        read_since = settlement_queries.read_since(conn, work.run)
        since = max(until - UNSETTLED_BEFORE, read_since) if read_since else until
        page = settlement_queries.list_unsettled(conn, since, until - UNSETTLED_AFTER, cursor.after, PAGE)
    comparisons = [
        Comparison(
            "settlement_row",
            payment_id,
            "unsettled",
            {"settlementId": None},
            {"amount": amount, "paidAt": paid_at.isoformat()},
            transaction_id,
        )
        for payment_id, transaction_id, amount, paid_at in page
    ]
    return Page(comparisons, Cursor(phase="unsettled", after=page[-1][0]) if len(page) == PAGE else None)


PHASES: dict[Phase, Callable[[Work, Cursor], Page]] = {
    "payments": payments,
    "orders": orders,
    "refunds": refunds,
    "pending_refunds": pending_refunds,
    "settlement_rows": settlement_rows,
    "settlements": settlements,
    "unsettled": unsettled,
    "open_orders": open_orders,
}


def _mended(work: Work, cursor: Cursor, page: list[tuple[datetime, UUID, str]], following: Cursor | None) -> Page:
    comparisons = [
        comparison for _, _, order_id in page if order_id not in work.listed for comparison in work.mend(order_id)
    ]
    if len(page) < BY_ID_PAGE:
        return Page(comparisons, following)
    created_at, row_id, _ = page[-1]
    return Page(comparisons, Cursor(phase=cursor.phase, after=cursor_after(created_at, row_id)))


def _agree(order: OurOrder, listed: list[PaymentEntity], judged: list[Judgement]) -> bool:
    if any(each.is_behind or (each.comparison and each.comparison.verdict == "missing_capture") for each in judged):
        return False
    return all(verdicts.has_every_refund(order, payment) for payment in listed)


def _of_unknown_payment(work: Work, refund: RefundEntity) -> list[Comparison]:
    """A refund of a payment we never heard of: ours all the same if its order is, else it is told with its payment."""
    try:
        payment = work.ask(lambda gateway: gateway.payment(refund.payment_id))
    except GatewayRefused:
        return []
    if payment.order_id and _read_orders({payment.order_id}):
        return work.mend(payment.order_id)
    return comparisons_of([verdicts.judge_payment(None, payment, clock.now())])


def _orders_of_rows(rows: list[SettlementRow]) -> dict[str, str]:
    """The order of each row that has one we know, by the id of what the row settles."""
    payment_of = {row.entity_id: row.payment_id or row.entity_id for row in rows}
    with db.transaction(SERVICE, read_only=True) as conn:
        known = queries.orders_of_payments(conn, set(payment_of.values()))
    named = {row.entity_id: row.order_id for row in rows if row.order_id}
    return named | {entity_id: known[payment_id] for entity_id, payment_id in payment_of.items() if payment_id in known}


def _read_orders(order_ids: set[str]) -> dict[str, OurOrder]:
    if not order_ids:
        return {}
    with db.transaction(SERVICE, read_only=True) as conn:
        return queries.read_orders(conn, order_ids)


def _next_page(cursor: Cursor, size: int, full: int, following: Cursor) -> Cursor:
    return cursor.model_copy(update={"skip": cursor.skip + size}) if size == full else following


def _first_day(work: Work) -> date:
    return in_zone(work.run.window_start, INDIA.key).date()
