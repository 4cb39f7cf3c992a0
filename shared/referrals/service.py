"""Attributes registrations to referrers, and revokes rewards when a registration that earned them ends.

The caller holds the event's lock: a referral, its reward and both registrations belong to one event.
"""

from datetime import datetime
from uuid import UUID

from shared.db import Connection
from shared.errors import Invalid
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.referrals import queries

REFERRALS_PER_REWARD = 2


def resolve_referrer(conn: Connection, code: str, user_id: UUID) -> UUID:
    """The owner of a referral code; raises Invalid (`unknown_referral_code`, `self_referral`)."""
    found = queries.find_referrer(conn, code, user_id)
    if found is None:
        raise Invalid("Nobody has this referral code.", code="unknown_referral_code")
    referrer_id, is_the_same_person = found
    if is_the_same_person:
        raise Invalid("Your own referral code does not count for you.", code="self_referral")
    return referrer_id


def attribute_registration(
    conn: Connection, event_id: UUID, user_id: UUID, registration_id: UUID, referrer_id: UUID | None
) -> None:
    """Record the referrer of a registration. The first referrer of a user for an event stays."""
    queries.move_referral(conn, event_id, user_id, registration_id)
    if referrer_id is not None:
        queries.insert_referral(
            conn, referrer_id=referrer_id, user_id=user_id, event_id=event_id, registration_id=registration_id
        )


def revoke(conn: Connection, registration_ids: list[UUID], now: datetime) -> None:
    """Stop counting registrations that ended, and revoke the rewards that depended on them.

    This can free seats of referrers; the caller offers them together with the seats of the ended registrations.
    """
    ended = queries.cancel_referrals(conn, registration_ids, now)
    for referrer_id, event_id in {(each.referrer_id, each.event_id) for each in ended if each.status == "rewarded"}:
        if queries.promote_completed(conn, referrer_id, event_id, REFERRALS_PER_REWARD, now) < REFERRALS_PER_REWARD:
            _revoke_reward(conn, referrer_id, event_id, now)


def _revoke_reward(conn: Connection, referrer_id: UUID, event_id: UUID, now: datetime) -> None:
    reward = queries.revoke_reward(conn, referrer_id, event_id, now)
    queries.release_rewarded(conn, referrer_id, event_id)
    if reward is None:
        return
    if reward.registration_id is not None:
        queries.cancel_free_access(conn, reward.registration_id, now)
    notice = Notice(
        user_id=referrer_id,
        template="referral_reward_revoked",
        key=f"referral_reward_revoked:{reward.id}",
        data={
            "eventTitle": reward.event_title,
            "eventId": str(event_id),
            "kind": reward.kind,
            "amount": reward.amount,
            "currency": reward.currency,
            "reason": "referral_refunded",
        },
    )
    notifications.enqueue(conn, [notice])
