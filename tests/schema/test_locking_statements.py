"""A statement that locks rows decides by the rows it locks: lock first, read after."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.schema.locking import read_statement, statements_of_functions, statements_of_queries
from tools.transform import ROOT

UNDER_ORDER_LOCK = "the caller holds the lock of the order, under which its payments and refunds change"
UNDER_EVENT_LOCK = "whoever changes these rows holds the event's lock, and an earlier statement has taken it"
UNDER_REPORT_LOCK = "an earlier statement has taken the lock of the reports"
FIXED = "what is read of the other rows never changes"
ANSWER = "what is read besides is only returned, and decides nothing"
MOMENT = "who joins or leaves in the same instant is either in it or not; no row depends on which"
SESSION_OVER = "a session that is over is never moved, so its end is fixed"

REVIEWED = {
    "events.queries.insert_event": ({"private.seats_taken"}, ANSWER),
    "events.queries.publish_event": ({"private.seats_taken"}, ANSWER),
    "events.queries.update_event": ({"private.seats_taken"}, ANSWER),
    "events.queries.cancel_event": ({"private.seats_taken"}, ANSWER),
    "events.queries.unpublish_event": (
        {"event_waitlist", "private.seats_taken", "registrations"},
        UNDER_EVENT_LOCK,
    ),
    "events.queries.shorten_offers": ({"events"}, UNDER_EVENT_LOCK),
    "notifications.queries.queue_broadcast": ({"broadcasts", "registrations"}, MOMENT),
    "sessions.queries.enqueue_session_moves": ({"event_sessions", "events", "registrations"}, UNDER_EVENT_LOCK),
    "sessions.queries.enqueue_session_cancellation": ({"events", "registrations"}, UNDER_EVENT_LOCK),
    "analytics_events.queries.insert_events": ({"private.received_analytics_events"}, FIXED),
    "personal_data.queries.anonymize_rows": ({"payment_transactions"}, FIXED),
    "personal_data.queries.redact_deliveries_of": (
        {"payment_transactions", "private.without_personal_data"},
        "an order never changes its owner or id; what arrives meanwhile is redacted by the next hour's run",
    ),
    "personal_data.queries.redact_old_deliveries": (
        {"payment_transactions", "private.without_personal_data", "profiles"},
        "an erasure is never undone; what arrives meanwhile is redacted by the next hour's run",
    ),
    "personal_data.queries.anonymize_profile": ({"private.new_referral_code"}, FIXED),
    "private.record_profile_changes": ({"private.uid"}, FIXED),
    "process_referrals.queries.complete_paid": (
        {"events", "registrations"},
        "it never waits, and whoever ends a registration ends its referral afterwards, whatever became of it here",
    ),
    "process_refunds.queries.claim_due": (
        {"disputes", "payment_transactions", "private.payment_balance"},
        "it skips locked rows, so it never waits and its snapshot is fresh",
    ),
    "recordings.queries.save_position": ({"session_recordings"}, MOMENT),
    "release_expired_holds.queries.expire_offers": ({"events"}, UNDER_EVENT_LOCK),
    "release_expired_holds.queries.close_waitlist": ({"events"}, UNDER_EVENT_LOCK),
    "send_notifications.queries.claim": (
        {"notification_preferences", "phone_verifications", "private.agrees_to_marketing", "profiles",
         "suppressed_addresses"},
        "it skips locked rows, so it never waits and its snapshot is fresh",
    ),
    "session_management.queries.close_forgotten": ({"event_sessions"}, SESSION_OVER),
    "session_management.queries.close_attendance": ({"event_sessions"}, MOMENT),
    "session_reminders.queries.enqueue_reminders": ({"event_sessions", "events", "registrations"}, MOMENT),
    "update_event_status.queries.complete_events": ({"event_sessions"}, UNDER_EVENT_LOCK),
    "update_event_status.queries.close_forgotten_attendance": ({"event_sessions"}, SESSION_OVER),
    "cancellations.queries.cancel_registrations": ({"events"}, UNDER_EVENT_LOCK),
    "payments.refund_queries.request_refunds": (
        {"payment_attempts", "payment_transactions", "private.payment_balance"},
        UNDER_EVENT_LOCK + "; a dispute that is lost meanwhile is seen when the refund is sent",
    ),
    "cancellations.queries.close_waitlist": ({"events"}, UNDER_EVENT_LOCK),
    "devices.queries.upsert_sighting": ({"registrations"}, FIXED),
    "payments.dispute_queries.link_dispute": (
        {"payment_attempts", "payment_transactions"},
        "a dispute and its payment that are recorded in the same instant are linked by the daily reconciliation",
    ),
    "payments.dispute_queries.link_disputes": ({"payment_attempts"}, FIXED),
    "payments.dispute_queries.close_spent_order": (
        {"disputes", "payment_attempts", "private.payment_balance"},
        "an order that stays open by a refund of the same instant is closed when that refund is processed",
    ),
    "payments.queries.accept_payment": ({"payment_attempts"}, UNDER_ORDER_LOCK),
    "payments.queries.close_unpaid_order": ({"payment_attempts", "private.payment_balance"}, UNDER_ORDER_LOCK),
    "payments.queries.close_superseded_refunds": ({"private.payment_balance"}, UNDER_ORDER_LOCK),
    "payments.queries.release_refunded_seat": ({"payment_transactions"}, UNDER_EVENT_LOCK),
    "referrals.credit_queries.return_credit": ({"registrations"}, UNDER_EVENT_LOCK),
    "profiles.consent_queries.record_consent": (
        {"private.agrees_to_marketing"},
        "of two decisions in the same instant both are kept, and the newest counts",
    ),
    "referrals.queries.cancel_referrals": ({"events", "private.revocable_until"}, UNDER_EVENT_LOCK),
    "referrals.queries.promote_completed": ({"private.counts_for_reward"}, UNDER_EVENT_LOCK),
    "referrals.queries.revoke_reward": ({"events"}, UNDER_EVENT_LOCK),
    "referrals.queries.release_rewarded": ({"registrations"}, UNDER_EVENT_LOCK),
    "referrals.queries.cancel_free_access": ({"events"}, UNDER_EVENT_LOCK),
    "seats.queries.offer_seats": ({"events", "private.seats_taken"}, UNDER_EVENT_LOCK),
    "private.rebuild_reports": (
        {"event_feedback", "payment_attempts", "private.figures_of", "profiles", "referrals", "refunds",
         "registrations"},
        UNDER_REPORT_LOCK,
    ),
}  # fmt: skip
"""Statements that write by what other tables say, and why they cannot have changed or need not be the newest."""

MIGRATIONS = ROOT / "sql/migrations"


def name(where: str) -> str:
    return ".".join(where.split(".")[-3:]) if "queries" in where else where


def unreviewed(statements: Iterator[tuple[str, str]]) -> list[str]:
    """Locking selects that read another table, and writes that decide by one and are not reviewed."""
    found: list[str] = []
    for where, statement in statements:
        reading = read_statement(statement)
        if reading is None or not reading.others:
            continue
        reviewed, _ = REVIEWED.get(name(where), (set[str](), ""))
        if reading.is_select or set(reading.others) != reviewed:
            found.append(f"{where} locks {sorted(reading.locked)} and reads {sorted(reading.others)}")
    return found


@pytest.fixture(scope="module")
def statements() -> list[tuple[str, str]]:
    return [*statements_of_queries(ROOT), *statements_of_functions(MIGRATIONS)]


def test_every_statement_that_locks_decides_by_what_it_locks(statements: list[tuple[str, str]]) -> None:
    assert len(statements) > 300
    assert unreviewed(iter(statements)) == []


def test_every_reviewed_statement_exists_and_needs_its_review(statements: list[tuple[str, str]]) -> None:
    deciding = {name(where) for where, text in statements if (found := read_statement(text)) and found.others}
    assert set(REVIEWED) - deciding == set()


@pytest.mark.parametrize(
    "statement",
    [
        """
        select e.id, exists (select 1 from public.registrations r where r.event_id = e.id)
        from public.events e where e.id = %(event)s for no key update of e
        """,
        "select 1 from events where id = (select event_id from event_waitlist where id = %(id)s) for no key update",
        "select private.seats_taken(id) from events where id = %(id)s for update",
        "with known as (select 1 from profiles) select 1 from events cross join known for share of events",
        """
        update events e set status = 'completed' where not exists (
            select 1 from event_sessions s where s.event_id = e.id and s.ends_at > %(now)s
        )
        """,
        "insert into payment_transactions (user_id) select user_id from registrations where status = 'pending'",
        "delete from event_waitlist w using events e where e.id = w.event_id and e.status = 'completed'",
    ],
)
def test_a_statement_that_decides_by_rows_it_does_not_lock_is_found(statement: str) -> None:
    assert unreviewed(iter([("planted", statement)]))


def test_a_lock_in_a_function_of_the_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "001.sql").write_text("""
        create function private.take(event uuid) returns void language plpgsql as $$
        declare free integer;
        begin
          update public.events e set status = 'ongoing' from public.event_sessions s where s.event_id = e.id;
        end $$;
    """)
    assert unreviewed(statements_of_functions(tmp_path)) == [
        "private.take locks ['events'] and reads ['event_sessions']"
    ]
