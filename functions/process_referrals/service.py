"""Completes referrals that are paid, and rewards referrers who have enough of them.

Every step is one complete transaction, so a run can stop at any point and two runs can overlap.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from functions.process_referrals import queries
from functions.process_referrals.models import (
    DueReward,
    GrantedReward,
    ProcessedReferrals,
    ProcessReferralsAnswer,
    RewardedEvent,
)
from shared import db
from shared.actors import SERVICE
from shared.db import Connection
from shared.notifications import service as notifications
from shared.notifications.handoff import hand_off
from shared.notifications.models import Notice
from shared.payments import service as payments
from shared.payments.service import BOOKABLE_STATUSES
from shared.referrals import credits
from shared.referrals import service as referrals
from shared.referrals.service import REFERRALS_PER_REWARD
from shared.seats import queries as seat_queries
from shared.seats import service as seats

PAGE = 100


def run(now: datetime, cooling: timedelta, has_time: Callable[[], bool]) -> ProcessReferralsAnswer:
    """Complete and reward while there is time.

    A refund revokes the reward within `cooling` after completion, and as long as the policy refunds in full.
    """
    _cancel_ended(now, has_time)
    completed = _complete_paid(now, cooling, has_time)
    rewards = _grant_rewards(now, has_time)
    return ProcessReferralsAnswer(
        processed_referrals=len(completed),
        rewards_granted=len(rewards),
        details=ProcessedReferrals(referrals=completed, rewards=rewards),
    )


def reward(conn: Connection, due: DueReward, now: datetime) -> GrantedReward | None:
    """Grant the reward that a referrer has earned, once; None when it is not (or no longer) earned.

    The reward is free access to the event. If the event is full or over, it is a credit of its price; if the referrer
    has already paid, a credit of what they paid.
    """
    event = queries.lock_event(conn, due.event_id)
    if event is None or event.status == "cancelled" or queries.has_reward(conn, due):
        return None
    counted = queries.lock_completed(conn, due, REFERRALS_PER_REWARD)
    if len(counted) < REFERRALS_PER_REWARD:
        return None
    registration_id = _free_seat(conn, event, due, now)
    granted = queries.insert_reward(
        conn,
        due,
        kind="free_access" if registration_id else "credit",
        registration_id=registration_id,
        amount=0 if registration_id else queries.find_amount_paid(conn, due) or event.price_amount,
        currency=event.currency,
        now=now,
    )
    assert granted is not None, "the event's lock excludes a concurrent grant"
    queries.mark_rewarded(conn, counted, now)
    _notify_rewarded(conn, event, granted)
    return granted


def _cancel_ended(now: datetime, has_time: Callable[[], bool]) -> None:
    """Every cancellation revokes its own referral; this catches changes made by hand in the database."""
    with db.transaction(SERVICE, read_only=True) as conn:
        ended = queries.list_ended_referrals(conn, now, PAGE)
    for event_id, registration_id in ended:
        if not has_time():
            return
        with db.transaction(SERVICE) as conn:
            seat_queries.lock_event(conn, event_id)
            referrals.revoke(conn, [registration_id], now)
            seats.offer_free_seats(conn, event_id, now)
        hand_off(conn.enqueued)


def _complete_paid(now: datetime, cooling: timedelta, has_time: Callable[[], bool]) -> list[UUID]:
    completed: list[UUID] = []
    while has_time():
        with db.transaction(SERVICE) as conn:
            page = queries.complete_paid(conn, now, now + cooling, PAGE)
        completed += page
        if len(page) < PAGE:
            break
    return completed


def _grant_rewards(now: datetime, has_time: Callable[[], bool]) -> list[GrantedReward]:
    granted: list[GrantedReward] = []
    after: DueReward | None = None
    while True:
        with db.transaction(SERVICE, read_only=True) as conn:
            page = queries.list_due_rewards(conn, REFERRALS_PER_REWARD, after, PAGE)
        for due in page:
            if not has_time():
                return granted
            with db.transaction(SERVICE) as conn:
                one = reward(conn, due, now)
            hand_off(conn.enqueued)
            granted += [one] if one else []
            after = due
        if len(page) < PAGE:
            return granted


def _free_seat(conn: Connection, event: RewardedEvent, due: DueReward, now: datetime) -> UUID | None:
    if event.status not in BOOKABLE_STATUSES:
        return None
    held = queries.make_held_seat_free(conn, due, now)
    if held is not None:
        credits.release(conn, [held], percent=100)
        payments.return_held_payments(conn, held, "duplicate_payment")
        return held
    if not seats.has_free_seat(conn, event.id, event.capacity, due.referrer_id):
        return None
    created = queries.insert_free_registration(conn, due, event.currency, now)
    if created is not None:
        seat_queries.close_waitlist_entry(conn, event.id, due.referrer_id, created)
    return created


def _notify_rewarded(conn: Connection, event: RewardedEvent, granted: GrantedReward) -> None:
    notice = Notice(
        user_id=granted.referrer_id,
        template="referral_reward",
        key=f"referral_reward:{granted.id}",
        data={
            "eventTitle": event.title,
            "eventId": str(event.id),
            "startsAt": event.starts_at.isoformat(),
            "kind": granted.kind,
            "amount": granted.amount,
            "currency": granted.currency,
            "registrationId": str(granted.registration_id) if granted.registration_id else None,
        },
    )
    notifications.enqueue(conn, [notice])
