"""One row of every table around one person and one course, valid as it stands, in the order foreign keys ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

SPACE = UUID("6f1e2d50-8a3b-4c4e-9d1a-0f5b7c9e2a11")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)

type Row = dict[str, object]


@dataclass(frozen=True)
class Table:
    """A table and one row for it; columns that are left out take their defaults."""

    schema: str
    name: str
    row: Row

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    def insert(self) -> sql.Composed:
        return sql.SQL("insert into {} ({}) values ({})").format(
            self.identifier,
            sql.SQL(", ").join(map(sql.Identifier, self.row)),
            sql.SQL(", ").join(map(sql.Literal, self.row.values())),
        )


def person(name: str) -> UUID:
    return uuid5(SPACE, name)


def profile(name: str) -> Table:
    return Table("public", "profiles", {"id": person(name), "email": f"{name}@example.com"})


def admin(name: str) -> Table:
    return Table("public", "admins", {"user_id": person(name)})


def world(name: str, serial: int, admin_name: str) -> list[Table]:
    """Everything that person `name` can have, around a course of its own; `serial` keeps worlds apart."""

    def new(kind: str) -> UUID:
        return uuid5(SPACE, f"{kind} {serial}")

    who, friend = person(name), person(admin_name)
    event, session, registration = new("event"), new("session"), new("registration")
    order, recording = new("order"), new("recording")
    owned: Row = {"registration_id": registration, "user_id": who, "event_id": event}
    money: Row = {"amount": 49900, "currency": "INR"}
    rows: dict[str, Row] = {
        "events": {"id": event, "title": f"Course {serial}", "category": "technical", "status": "upcoming",
                   "starts_at": NOW, "ends_at": NOW + timedelta(hours=2), "capacity": 5,
                   "meeting_url": "https://meet.example/1"},
        "registrations": {"id": registration, "user_id": who, "event_id": event, "status": "confirmed",
                          "payment_status": "completed", "confirmed_at": NOW, **money},
        "referrals": {"referrer_id": who, "referred_user_id": friend, "event_id": event,
                      "registration_id": registration},
        "referral_rewards": {"referrer_id": who, "event_id": event, "kind": "credit"},
        "referral_credit_uses": {"registration_id": registration, "user_id": who, **money},
        "event_feedback": {**owned, "rating": 5},
        "payment_transactions": {"id": order, "registration_id": registration, "user_id": who,
                                 "razorpay_order_id": f"order_{serial}", **money},
        "payment_attempts": {"razorpay_payment_id": f"pay_{serial}", "payment_transaction_id": order,
                             "status": "created", "created_at": NOW, **money},
        "refunds": {"payment_transaction_id": order, "razorpay_payment_id": f"pay_{serial}", "reason": "admin",
                    "idempotency_key": f"refund_key_{serial}", **money},
        "receipts": {"series": "RC", "financial_year": 2026, "serial": serial, "payment_transaction_id": order,
                     "user_id": who, "razorpay_payment_id": f"pay_{serial}", "description": f"Course {serial}",
                     "supplier": Jsonb({}), "buyer": Jsonb({}), "place_of_supply": "29", "tax_basis_points": 1800,
                     "taxable_amount": 42288, "cgst": 3806, "sgst": 3806, "igst": 0, "paid_at": NOW, "issued_at": NOW,
                     **money},
        "disputes": {"razorpay_dispute_id": f"disp_{serial}", "payment_transaction_id": order,
                     "razorpay_payment_id": f"pay_{serial}", "status": "open", "seen_at": NOW, **money},
        "reconciliation_runs": {"id": new("run"), "window_start": NOW, "window_end": NOW + timedelta(days=serial)},
        "reconciliation_items": {"run_id": new("run"), "payment_transaction_id": order, "comparison": "payment",
                                 "razorpay_entity_id": f"pay_{serial}", "verdict": "matched"},
        "settlements": {"razorpay_settlement_id": f"setl_{serial}", "amount": 48_722, "fees": 0, "tax": 0,
                        "status": "processed", "settled_at": NOW},
        "settlement_rows": {"razorpay_settlement_id": f"setl_{serial}", "razorpay_entity_id": f"pay_{serial}",
                            "type": "payment", "credit": 48_722, "debit": 0, "fee": 1178, "tax": 180,
                            "created_at": NOW, "settled_at": NOW, **money},
        "event_sessions": {"id": session, "event_id": event, "starts_at": NOW + timedelta(days=1),
                           "ends_at": NOW + timedelta(days=1, hours=2)},
        "session_attendance": {**owned, "session_id": session, "check_in_time": NOW},
        "certificates": certificate(serial, owned),
        "broadcasts": {"id": new("broadcast"), "event_id": event, "admin_id": friend, "title": "News", "message": "Now",
                       "channel": "transactional", "types": ["email"]},
        "certificate_drafts": draft(serial, owned),
        "certificate_changes": {"chain_position": 1000 + serial, "certificate_id": new("certificate"),
                                "revoked_at": NOW, "revoke_reason": "fraud", "previous_hash": b"\0",
                                "blockchain_hash": b"\1"},
        "certificate_tree_nodes": {"level": 0, "position": serial, "hash": bytes(32)},
        "certificate_tree_heads": {"tree_size": serial, "root_hash": bytes(32), "signed_at": NOW, "key_id": "key",
                                   "signature": b"\2", "object_key": "heads/1"},
        "notifications_queue": {"id": new("notification"), "user_id": who, "type": "email",
                                "channel": "transactional", "template": "seat_confirmed",
                                "dedupe_key": f"seat {serial}"},
        "in_app_notifications": {"notification_id": new("notification"), "user_id": who, "title": "Seat",
                                 "message": "Your seat is confirmed."},
        "notification_preferences": {"user_id": who, "type": ("email", "sms", "in_app")[serial % 3],
                                     "channel": ("marketing", "alert")[serial // 3 % 2], "enabled": False},
        "suppressed_addresses": {"type": "email", "address": f"gone{serial}@example.com", "reason": "bounce"},
        "realtime_connections": {"connection_id": f"connection {serial}", "user_id": who, "expires_at": NOW},
        "analytics_events": {"user_id": who, "event_name": "page_view", "event_category": "engagement"},
        "webhook_logs": {"source": "razorpay", "event_id": f"evt_{serial}", "signature_valid": True,
                         "body": b"{}%d" % serial},
        "admin_audit_logs": {"admin_id": friend, "action": "refund", "resource_type": "payment",
                             "resource_id": str(serial), "new_values": Jsonb(money)},
        "session_recordings": {"id": recording, "event_id": event, "video_url": "s3://recordings/1",
                               "processing_status": "ready"},
        "recording_positions": {"recording_id": recording, "user_id": who, "position_seconds": 60},
        "event_waitlist": {"event_id": event, "user_id": who},
        "device_sightings": {"user_id": who, "registration_id": registration, "action": "registered",
                             "device_hash": b"device", "ip_address": "203.0.113.7", "seen_at": NOW},
        "fraud_reviews": {"signal_id": uuid5(SPACE, f"signal {serial}"), "kind": "mutual_referral", "accounts": [who],
                          "note": "A family", "reviewed_by": friend, "reviewed_at": NOW},
        "phone_verifications": {"user_id": who, "phone": f"+9198765000{serial:02}", "created_at": NOW,
                                "expires_at": NOW + timedelta(minutes=10)},
        "account_merges": {"from_user_id": who if serial < 3 else person("dora"), "into_user_id": friend,
                           "merged_by": friend, "merged_at": NOW},
        "profile_changes": {"user_id": who, "field": "name", "old_value": "", "new_value": "Asha"},
        "erasures": {"user_id": who if serial < 3 else person("dora"), "requested_at": NOW, "pool_username": str(who)},
    }  # fmt: skip
    partition = Table("private", "analytics_events_default", {**rows["analytics_events"], "created_at": NOW})
    return [*(Table("public", table, row) for table, row in rows.items()), partition, *sums(serial)]


COUNTS = (
    *("users", "registrations", "confirmed", "paid", "free", "cancelled", "expired", "payments", "gross", "fees"),
    *("tax", "refunds", "refunded", "feedback", "rating", "referrals", "converted", "rewarded"),
)


def sums(serial: int) -> list[Table]:
    """What reports keep; the rows around them have left changes already."""
    quarter, figures = NOW + timedelta(minutes=15 * serial), dict.fromkeys(COUNTS, serial)
    someone = uuid5(SPACE, f"referrer {serial}")
    brought = dict.fromkeys(("referrals", "converted", "rewarded"), serial)
    rows: dict[str, Row] = {
        "report_changes": {"quarter": quarter, "event_id": someone, "currency": "INR", "sign": 1, **figures},
        "report_quarters": {"quarter": quarter, "currency": "INR", **figures},
        "report_events": {"event_id": someone, "currency": "INR", **figures},
        "report_referrers": {"referrer_id": someone, **brought},
        "report_visits": {"session_id": f"session {serial}", "entered_at": NOW, "reached": 1},
        "report_funnel": {"quarter": quarter, "step": 1, "visits": serial},
        "report_progress": {"report": f"report {serial}", "counted_until": NOW},
    }
    rows["analytics_quotas"] = {"source": f"user:{serial}", "hour": NOW, "events": 1, "bytes": 2}
    rows["exclusive_locks"] = {"name": f"lock_{chr(ord('a') + serial)}"}
    return [Table("private", table, row) for table, row in rows.items()]


def certificate(serial: int, owned: Row) -> Row:
    digest = sha256(f"certificate {serial}".encode()).digest()
    return {
        **owned, "id": uuid5(SPACE, f"certificate {serial}"), "chain_position": serial,
        "certificate_number": f"CC-2026-{serial:06}", "verification_token": f"token-of-certificate-{serial:06}",
        "content": "{}", "content_hash": digest, "pdf_hash": digest, "pdf_key": "certificates/1.pdf",
        "pdf_url": "s3://documents/1.pdf", "rule_version": 1, "eligibility": Jsonb({}), "previous_hash": b"",
        "blockchain_hash": digest, "issued_at": NOW,
    }  # fmt: skip


def draft(serial: int, owned: Row) -> Row:
    return {
        **owned, "id": uuid5(SPACE, f"draft {serial}"), "number_year": 2026, "number_serial": 100 + serial,
        "certificate_number": f"CC-2026-{100 + serial:06}", "verification_token": f"token-of-draft-{serial:06}",
        "content": "{}", "pdf_key": f"certificates/draft{serial}.pdf", "rule_version": 1, "eligibility": Jsonb({}),
        "issued_at": NOW,
    }  # fmt: skip


def populate(conn: psycopg.Connection, tables: Iterable[Table]) -> None:
    """Insert the rows, as a role that may."""
    for table in tables:
        conn.execute(table.insert())


NAMES = ("ann", "ben", "carol", "root")


def sample_rows() -> list[Table]:
    """ann and ben have a row in every table, carol has a profile only, root is the administrator."""
    return [*map(profile, NAMES), admin("root"), *world("ann", 1, "root"), *world("ben", 2, "root")]


def spare_rows() -> list[Table]:
    """One more row of every table that could follow `sample_rows`, all ann's."""
    return [profile("dora"), admin("ann"), *world("ann", 3, "root")]
