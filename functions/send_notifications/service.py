"""Delivers claimed notifications: who may be told, in what words, and what becomes of each attempt.

A run is many short transactions, because no provider is called inside one: claim, count the attempt, send, write
down the result. Whatever dies in between is found again when its lease is over. Inboxes are rows of ours, so they are
filled by the transaction that claims.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID, uuid4

from functions.send_notifications import courses, queries
from functions.send_notifications.messages import inbox_row, rendered
from functions.send_notifications.models import (
    ClaimedNotification,
    DeliveryError,
    InboxRow,
    ProviderBusy,
    ProviderRefused,
)
from shared import metrics
from shared.config import settings
from shared.db import Connection
from shared.log import correlated, logger
from shared.metrics import Metric
from shared.notifications.rendering import Message, RenderingFailed

PER_RUN = 100
LEASE_SECONDS = 150
"""Over twice the function's time limit: a lease never ends while its holder can still be running."""
FIRST_RETRY_SECONDS = 300
JITTER = 0.2
BUSY_SECONDS = 60
HAND_OFF_PAGE = 1000
HAND_OFF_AGAIN_MINUTES = 30

type Transact = Callable[[], AbstractContextManager[Connection]]
type Send = Callable[[ClaimedNotification, Message], str]
"""Hands one message to a provider and returns the provider's id for it; raises DeliveryError."""


@dataclass(frozen=True)
class DeliveryPorts:
    """How the outside is reached."""

    transact: Transact
    senders: dict[str, Send]
    push: Callable[[Sequence[InboxRow]], None]
    has_time: Callable[[], bool]
    lease_seconds: int = LEASE_SECONDS


@dataclass(frozen=True)
class DeliveryOutcome:
    """`counts` by type, and `failed`; not complete when the time was over, and the rest was given back."""

    counts: Counter[str]
    complete: bool


def deliver(ways: DeliveryPorts, ids: Sequence[UUID] | None = None, limit: int = PER_RUN) -> DeliveryOutcome:
    """Deliver what is due, of `ids` or of everything."""
    if not limit:
        return DeliveryOutcome(Counter(), complete=True)
    lease = uuid4()
    with ways.transact() as conn:
        claimed = courses.with_courses(conn, queries.claim(conn, lease, ways.lease_seconds, ids, limit))
        unwanted = {each.id: reason for each in claimed if (reason := suppression_reason(each))}
        if unwanted:
            queries.end(conn, lease, "cancelled", unwanted)
        messages, unrenderable = _render([each for each in claimed if each.id not in unwanted])
        if unrenderable:
            conn.measure(Metric.NOTIFICATIONS_ATTEMPTED, queries.end(conn, lease, "failed", unrenderable))
        inbox = [each for each in claimed if each.type == "in_app" and each.id in messages]
        arrived = _fill_inboxes(conn, inbox, messages)
    for each in claimed:
        with correlated(each.correlation_id):
            if reason := unwanted.get(each.id):
                logger.info("notification_cancelled", notification_id=str(each.id), type=each.type, reason=reason)
            elif each.id in unrenderable:
                logger.error("notification_unrenderable", notification_id=str(each.id), template=each.template)
    for caused_by, of_cause in groupby(sorted(inbox, key=_cause), key=_cause):
        with correlated(caused_by):
            logger.info("notifications_in_inbox", notification_ids=[str(each.id) for each in of_cause])
    ways.push(arrived)
    run = LeasedDelivery(ways, lease, messages)
    complete = run.send([each for each in claimed if each.type != "in_app" and each.id in messages])
    return DeliveryOutcome(run.counts + Counter(in_app=len(arrived), failed=len(unrenderable)), complete)


def suppression_reason(claimed: ClaimedNotification) -> str | None:
    """Why this must not be sent, if so: what `last_error` of a cancelled notification says."""
    if claimed.erased:
        return "account erased"
    if not claimed.wanted:
        return "turned off in preferences"
    if claimed.suppressed:
        return f"address suppressed: {claimed.suppressed}"
    if claimed.type == "email" and not claimed.email_verified:
        return "address not verified"
    return _sms_refusal(claimed) if claimed.type == "sms" else None


def _sms_refusal(claimed: ClaimedNotification) -> str | None:
    """What is claimed together is counted together, so a limit is exceeded by a batch at most."""
    if not claimed.phone:
        return "no phone number"
    if not settings().serves_number(claimed.phone):
        return "country not served"
    if claimed.sms_of_person >= settings().sms_per_person_a_day:
        return "daily SMS limit of the person"
    if claimed.sms_of_platform >= settings().sms_per_day:
        return "daily SMS limit of the platform"
    return None


def retry_delay(attempt: int) -> float:
    """Seconds until the attempt after this one (counted from 1): 5 minutes, then twice that, give or take a fifth."""
    return FIRST_RETRY_SECONDS * 2 ** (attempt - 1) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


def sweep(ways: DeliveryPorts, hand_off: Callable[[Sequence[UUID]], Sequence[UUID]]) -> Counter[str]:
    """One scheduled run: end what died trying, deliver the most urgent, hand everything else to the queue."""
    with ways.transact() as conn:
        if backlog := queries.backlog(conn):
            metrics.add(Metric.NOTIFICATION_BACKLOG, backlog.due)
            metrics.add(Metric.NOTIFICATION_BACKLOG_AGE, backlog.oldest_seconds)
        if lost := queries.fail_unanswered(conn):
            conn.measure(Metric.NOTIFICATIONS_ATTEMPTED, lost)
            logger.error("notifications_unanswered", notifications=lost)
    outcome = deliver(ways)
    hand_off_rest(ways, hand_off)
    return outcome.counts


def hand_off_rest(ways: DeliveryPorts, hand_off: Callable[[Sequence[UUID]], Sequence[UUID]]) -> None:
    """Tell the queue about every other due row; `hand_off` returns what it refused, which stays for the next sweep."""
    while ways.has_time():
        with ways.transact() as conn:
            ids = queries.take_for_hand_off(conn, HAND_OFF_PAGE, HAND_OFF_AGAIN_MINUTES)
        if not ids:
            return
        if refused := hand_off(ids):
            with ways.transact() as conn:
                queries.forget_hand_off(conn, refused)
            return


def _render(claimed: Sequence[ClaimedNotification]) -> tuple[dict[UUID, Message], dict[UUID, str]]:
    """What can be said, and why the rest cannot."""
    messages: dict[UUID, Message] = {}
    unrenderable: dict[UUID, str] = {}
    for each in claimed:
        try:
            messages[each.id] = rendered(each)
        except RenderingFailed as error:
            unrenderable[each.id] = str(error)
    return messages, unrenderable


def _fill_inboxes(
    conn: Connection, claimed: Sequence[ClaimedNotification], messages: Mapping[UUID, Message]
) -> list[InboxRow]:
    if not claimed:
        return []
    arrived = queries.insert_inbox_rows(conn, [inbox_row(each, messages[each.id]) for each in claimed])
    _measure_delivered(conn, len(arrived))
    return arrived


def _cause(claimed: ClaimedNotification) -> str:
    return claimed.correlation_id or ""


def _measure_delivered(conn: Connection, notifications: int) -> None:
    conn.measure(Metric.NOTIFICATIONS_ATTEMPTED, notifications)
    conn.measure(Metric.NOTIFICATIONS_DELIVERED, notifications)


class LeasedDelivery:
    """The deliveries to providers under one lease."""

    def __init__(self, ways: DeliveryPorts, lease: UUID, messages: dict[UUID, Message]) -> None:
        self.counts: Counter[str] = Counter()
        self._ways = ways
        self._lease = lease
        self._messages = messages
        self._stopped: set[str] = set()

    def send(self, claimed: Sequence[ClaimedNotification]) -> bool:
        """One by one; what follows a provider's outage or the end of the time is given back. False: out of time."""
        for position, each in enumerate(claimed):
            if not self._ways.has_time():
                self._release(claimed[position:])
                return False
            if each.type in self._stopped:
                self._release([each])
            else:
                with correlated(each.correlation_id):
                    self._send(each)
        return True

    def _send(self, claimed: ClaimedNotification) -> None:
        with self._ways.transact() as conn:
            attempt = queries.start_attempt(conn, self._lease, claimed.id)
        if attempt is None:
            return  # our lease is over, so it is somebody else's now
        try:
            provider_message_id = self._ways.senders[claimed.type](claimed, self._messages[claimed.id])
        except DeliveryError as error:
            self._write_down(claimed, attempt, error)
            return
        with self._ways.transact() as conn:
            if queries.mark_sent(conn, self._lease, claimed.id, provider_message_id):
                _measure_delivered(conn, 1)
        self.counts[claimed.type] += 1
        logger.info("notification_sent", notification_id=str(claimed.id), type=claimed.type, attempt=attempt)

    def _write_down(self, claimed: ClaimedNotification, attempt: int, error: DeliveryError) -> None:
        reason = str(error)
        is_final = isinstance(error, ProviderRefused) or (error.counts and attempt >= queries.MAX_ATTEMPTS)
        delay = BUSY_SECONDS * random.uniform(1, 2) if isinstance(error, ProviderBusy) else retry_delay(attempt)  # noqa: S311
        with self._ways.transact() as conn:
            if is_final:
                conn.measure(
                    Metric.NOTIFICATIONS_ATTEMPTED, queries.end(conn, self._lease, "failed", {claimed.id: reason})
                )
            else:
                queries.retry_later(conn, self._lease, claimed.id, delay, reason, uncounted=not error.counts)
        self.counts["failed"] += 1
        if error.stops:
            self._stopped.add(claimed.type)
        log = logger.error if is_final else logger.warning
        log(
            "notification_failed" if is_final else "notification_delayed",
            notification_id=str(claimed.id),
            type=claimed.type,
            attempt=attempt,
            reason=reason,
        )

    def _release(self, claimed: Sequence[ClaimedNotification]) -> None:
        with self._ways.transact() as conn:
            queries.release(conn, self._lease, [each.id for each in claimed])
