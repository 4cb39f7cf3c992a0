"""The phases of a run. Each compares page by page: it reads Razorpay first, then repairs each order that differs."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from functions.payment_reconciliation import queries, settlement_queries, verdicts
from functions.payment_reconciliation.context import ReconciliationContext
from functions.payment_reconciliation.models import (
    Comparison,
    Judgement,
    Phase,
    PhaseResult,
    RecordedOrder,
    RunCursor,
    comparisons_of,
)
from shared import clock, db
from shared.actors import SERVICE
from shared.clock import in_zone
from shared.paging import cursor_after, read_cursor
from shared.payments import dispute_queries
from shared.payments.errors import GatewayRefused
from shared.payments.gateway import LIST_PAGE_SIZE, SETTLEMENT_PAGE_SIZE, ListWindow
from shared.payments.models import PaymentEntity, RefundEntity, SettlementRow

BY_ID_PAGE = 20
"""Orders read by id between two saved cursors; so few that a call over HTTP, limited to seconds, makes progress."""
UNSETTLED_AFTER = timedelta(days=7)
"""Settlement takes two working days (https://razorpay.com/docs/payments/settlements/); this adds holidays."""
OLDEST_DISPUTE = timedelta(days=180)
"""How far back disputes are listed: their state changes for months, and there are few."""
UNSETTLED_BEFORE = timedelta(days=60)
INDIA = ZoneInfo("Asia/Kolkata")
"""Razorpay's settlement days are days in India, whatever the platform's time zone is."""


def compare_payments(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Compare Razorpay's payments of the window with our orders."""
    size, page = context.call_gateway(lambda gateway: gateway.list_payments(context.run.window, cursor.skip))
    of_orders: defaultdict[str | None, list[PaymentEntity]] = defaultdict(list)
    for payment in page:
        of_orders[payment.order_id].append(payment)
    ours = _read_recorded_orders({order_id for order_id in of_orders if order_id})
    now = clock.now()
    comparisons: list[Comparison] = []
    for order_id, each in of_orders.items():
        order = ours.get(order_id or "")
        judged = [verdicts.judge_payment(order, payment, now) for payment in each]
        if order is not None and order_id and not _agrees(order, each, judged):
            comparisons += context.repair(order_id)
            continue
        comparisons += comparisons_of(judged)
        if order_id and order and any(payment.id == order.row.razorpay_payment_id for payment in each):
            context.agreed_orders.add(order_id)
    return PhaseResult(comparisons, _next_page(cursor, size, LIST_PAGE_SIZE, RunCursor(phase="orders")))


def compare_orders(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Check our orders of the window that did not match in Razorpay's list, by id, because the lists lag."""
    with db.transaction(SERVICE, read_only=True) as conn:
        page = queries.list_orders(
            conn, context.run.window_start, context.run.until, read_cursor(cursor.after), BY_ID_PAGE
        )
    return _repair_listed(context, cursor, page, RunCursor(phase="refunds"))


def check_open_orders(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Check open orders that may be paid although no webhook has arrived."""
    with db.transaction(SERVICE, read_only=True) as conn:
        page = queries.list_open_orders(
            conn, context.run.window_start, context.run.window_end, read_cursor(cursor.after), BY_ID_PAGE
        )
    return _repair_listed(context, cursor, page, None)


def compare_refunds(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Compare Razorpay's refunds of the window with ours, whatever the age of their payments."""
    size, page = context.call_gateway(lambda gateway: gateway.list_refunds(context.run.window, cursor.skip))
    with db.transaction(SERVICE, read_only=True) as conn:
        known = queries.find_orders_of_payments(conn, {refund.payment_id for refund in page})
        ours = queries.read_orders(conn, set(known.values()))
    comparisons: list[Comparison] = []
    for refund in page:
        order_id = known.get(refund.payment_id)
        if order_id is None:
            comparisons += _compare_unknown_refund(context, refund)
        elif order_id not in context.checked_orders:
            judged = verdicts.judge_refund(ours[order_id], refund)
            comparisons += context.repair(order_id) if judged.is_behind else comparisons_of([judged])
    return PhaseResult(comparisons, _next_page(cursor, size, LIST_PAGE_SIZE, RunCursor(phase="pending_refunds")))


def check_pending_refunds(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Check our refunds that are still pending, whatever their age."""
    after = UUID(cursor.after) if cursor.after else None
    with db.transaction(SERVICE, read_only=True) as conn:
        page = queries.list_pending_refunds(conn, after, BY_ID_PAGE)
    comparisons = [comparison for _, order_id in page for comparison in context.repair(order_id)]
    is_last = len(page) < BY_ID_PAGE
    following = RunCursor(phase="disputes")
    return PhaseResult(
        comparisons, following if is_last else RunCursor(phase="pending_refunds", after=str(page[-1][0]))
    )


def compare_disputes(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Compare Razorpay's disputes with ours, and record what no delivery has reported."""
    window = ListWindow(int((context.run.until - OLDEST_DISPUTE).timestamp()), context.run.window.to)
    size, page = context.call_gateway(lambda gateway: gateway.list_disputes(window, cursor.skip))
    with db.transaction(SERVICE) as conn:
        dispute_queries.link_disputes(conn)
        known = queries.read_disputes(conn, {dispute.id for dispute in page})
    judged = [verdicts.judge_dispute(known.get(dispute.id), dispute) for dispute in page]
    comparisons = [
        comparison
        for dispute, judgement in zip(page, judged, strict=True)
        for comparison in (
            context.record_dispute(dispute, judgement) if judgement.is_behind else [judgement.comparison]
        )
        if comparison
    ]
    first_day = RunCursor(phase="settlement_rows", day=_first_day(context))
    return PhaseResult(comparisons, _next_page(cursor, size, LIST_PAGE_SIZE, first_day))


def compare_settlement_rows(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Compare the settlement report, one day in India at a time, with our payments and refunds; store all its rows."""
    day = cursor.day or _first_day(context)
    size, page = context.call_gateway(lambda gateway: gateway.list_settlement_rows(day, cursor.skip))
    rows = [row for row in page if row.settlement_id]  # a row on hold is in no settlement yet
    of_money = [row for row in rows if row.type in ("payment", "refund")]
    order_ids = _orders_of_rows(of_money)
    ours = _read_recorded_orders(set(order_ids.values()))
    behind = {
        order_ids[row.entity_id]
        for row in of_money
        if row.entity_id in order_ids and verdicts.judge_row(ours.get(order_ids[row.entity_id]), row).is_behind
    }
    comparisons = [comparison for order_id in sorted(behind) for comparison in context.repair(order_id)]
    ours |= _read_recorded_orders(behind)
    comparisons += comparisons_of(
        [verdicts.judge_row(ours.get(order_ids.get(row.entity_id, "")), row) for row in of_money]
    )
    comparisons += _compare_adjustments(rows)
    end = in_zone(context.run.until, INDIA.key).date()
    next_day = day + timedelta(days=1)
    following = RunCursor(phase="settlement_rows", day=next_day) if next_day <= end else RunCursor(phase="settlements")
    return PhaseResult(comparisons, _next_page(cursor, size, SETTLEMENT_PAGE_SIZE, following), rows=rows)


def compare_settlements(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Compare the amount of each settlement with the sum of its rows."""
    size, page = context.call_gateway(lambda gateway: gateway.list_settlements(context.run.window, cursor.skip))
    with db.transaction(SERVICE, read_only=True) as conn:
        booked = settlement_queries.sum_rows(conn, {settlement.id for settlement in page})
    judged = [verdicts.judge_settlement(each, booked.get(each.id), context.run.until) for each in page]
    following = _next_page(cursor, size, LIST_PAGE_SIZE, RunCursor(phase="unsettled"))
    return PhaseResult(comparisons_of(judged), following, settlements=page)


def find_unsettled(context: ReconciliationContext, cursor: RunCursor) -> PhaseResult:
    """Find captured payments that were not settled in time."""
    until = context.run.until
    with db.transaction(SERVICE, read_only=True) as conn:
        covered_since = settlement_queries.covered_since(conn, context.run)
        since = max(until - UNSETTLED_BEFORE, covered_since) if covered_since else until
        page = settlement_queries.list_unsettled(conn, since, until - UNSETTLED_AFTER, cursor.after, LIST_PAGE_SIZE)
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
    return PhaseResult(
        comparisons, RunCursor(phase="unsettled", after=page[-1][0]) if len(page) == LIST_PAGE_SIZE else None
    )


PHASES: dict[Phase, Callable[[ReconciliationContext, RunCursor], PhaseResult]] = {
    "payments": compare_payments,
    "orders": compare_orders,
    "refunds": compare_refunds,
    "pending_refunds": check_pending_refunds,
    "disputes": compare_disputes,
    "settlement_rows": compare_settlement_rows,
    "settlements": compare_settlements,
    "unsettled": find_unsettled,
    "open_orders": check_open_orders,
}


def _repair_listed(
    context: ReconciliationContext,
    cursor: RunCursor,
    page: list[tuple[datetime, UUID, str]],
    following: RunCursor | None,
) -> PhaseResult:
    comparisons = [
        comparison
        for _, _, order_id in page
        if order_id not in context.agreed_orders
        for comparison in context.repair(order_id)
    ]
    if len(page) < BY_ID_PAGE:
        return PhaseResult(comparisons, following)
    created_at, row_id, _ = page[-1]
    return PhaseResult(comparisons, RunCursor(phase=cursor.phase, after=cursor_after(created_at, row_id)))


def _agrees(order: RecordedOrder, listed: list[PaymentEntity], judged: list[Judgement]) -> bool:
    if any(each.is_behind or (each.comparison and each.comparison.verdict == "missing_capture") for each in judged):
        return False
    return all(verdicts.has_every_refund(order, payment) for payment in listed)


def _compare_adjustments(rows: list[SettlementRow]) -> list[Comparison]:
    """Compare the adjustments of a settlement with the disputes that explain them."""
    adjustments = [row for row in rows if row.type == "adjustment"]
    with db.transaction(SERVICE, read_only=True) as conn:
        known = queries.read_disputes(conn, {row.dispute_id for row in adjustments if row.dispute_id})
    return comparisons_of([verdicts.judge_adjustment(known.get(row.dispute_id or ""), row) for row in adjustments])


def _compare_unknown_refund(context: ReconciliationContext, refund: RefundEntity) -> list[Comparison]:
    """Compare a refund of an unknown payment: repair its order if it is ours, else report the payment."""
    try:
        payment = context.call_gateway(lambda gateway: gateway.fetch_payment(refund.payment_id))
    except GatewayRefused:
        return []
    if payment.order_id and _read_recorded_orders({payment.order_id}):
        return context.repair(payment.order_id)
    return comparisons_of([verdicts.judge_payment(None, payment, clock.now())])


def _orders_of_rows(rows: list[SettlementRow]) -> dict[str, str]:
    """The order id of each settlement row by the row's entity id, as far as it is known."""
    payment_of = {row.entity_id: row.payment_id or row.entity_id for row in rows}
    with db.transaction(SERVICE, read_only=True) as conn:
        known = queries.find_orders_of_payments(conn, set(payment_of.values()))
    named = {row.entity_id: row.order_id for row in rows if row.order_id}
    return named | {entity_id: known[payment_id] for entity_id, payment_id in payment_of.items() if payment_id in known}


def _read_recorded_orders(order_ids: set[str]) -> dict[str, RecordedOrder]:
    if not order_ids:
        return {}
    with db.transaction(SERVICE, read_only=True) as conn:
        return queries.read_orders(conn, order_ids)


def _next_page(cursor: RunCursor, size: int, full: int, following: RunCursor) -> RunCursor:
    return cursor.model_copy(update={"skip": cursor.skip + size}) if size == full else following


def _first_day(context: ReconciliationContext) -> date:
    return in_zone(context.run.window_start, INDIA.key).date()
