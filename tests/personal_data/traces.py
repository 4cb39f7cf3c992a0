"""What a person leaves behind on the platform, with signs to find it by wherever a person's words or data go."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

from local.razorpay.payloads import webhook_body
from tests.deployed import DeployedFunctions
from tests.schema.world import certificate
from tests.webhook.deliveries import Purchase

CANARY = "Canary"
EMAIL = "canary.rao@example.com"
PHONE = "+919876500001"
ADDRESS = "198.51.100.77"
AGENT = "CanaryBrowser/1.0"
SIGNS = (CANARY, EMAIL, PHONE, ADDRESS)


def leave_traces(deployed: DeployedFunctions, user: UUID) -> None:
    """A completed course that was bought, attended, watched, judged and certified, and all that was told about it."""
    event = deployed.event(status="completed")
    registration = deployed.confirmed(user, event)
    payment = Purchase(deployed.paid_order(registration), registration)
    body = webhook_body("payment.captured", payment=payment.payment("captured", email=EMAIL, contact=PHONE))
    assert deployed.webhook(body, event_id=uuid4().hex).status == 200
    deployed.rows(
        "update profiles set billing_name = %s, billing_address = %s, billing_state = '27', billing_gstin = %s"
        " where id = %s",
        f"{CANARY} LLP", f"{CANARY} Road", "27AAPFU0939F1ZV", user,
    )  # fmt: skip
    assert deployed.invoke("issue_receipts", {"source": "schedule"})["issued"] >= 1
    deployed.rows(
        "insert into session_attendance (registration_id, user_id, event_id, session_id, check_in_time, ip_address,"
        " user_agent) select %s, %s, %s, id, %s, %s, %s from event_sessions where event_id = %s",
        registration, user, event, datetime.now(UTC), ADDRESS, AGENT, event,
    )  # fmt: skip
    deployed.rows(
        "insert into device_sightings (user_id, registration_id, action, device_hash, ip_address, seen_at)"
        " values (%s, %s, 'registered', 'x', %s, now())",
        user, registration, ADDRESS,
    )  # fmt: skip
    deployed.rows(
        "insert into event_feedback (registration_id, user_id, event_id, rating, comments) values (%s, %s, %s, 5, %s)",
        registration, user, event, f"Regards, {CANARY}",
    )  # fmt: skip
    serial = deployed.row("select count(*)::int + 7 as next from certificates")["next"]
    owned = {"registration_id": registration, "user_id": user, "event_id": event}
    row = certificate(serial, dict(owned)) | {"content": json.dumps({"recipient": f"{CANARY} Rao"})}
    deployed._insert("certificates", row)  # pyright: ignore[reportPrivateUsage]
    for statement in (
        "insert into in_app_notifications (user_id, title, message) values (%s, 'Hello', 'Dear ' || %s)",
        "insert into analytics_events (user_id, session_id, event_name, event_category, event_data)"
        " values (%s, 'session-of-canary', 'form', 'conversion', jsonb_build_object('name', %s::text))",
        "insert into analytics_events (session_id, event_name, event_category, event_data)"
        " select 'session-of-canary', 'form', 'conversion', jsonb_build_object('before', %s::text, 'name', %s::text)",
        "insert into notifications_queue (user_id, type, channel, template, dedupe_key, data, last_error)"
        " select %s, 'email', 'transactional', 'x', gen_random_uuid()::text, jsonb_build_object('n', t), t"
        " from (values (%s)) v (t)",
    ):
        deployed.rows(statement, user, CANARY)
    deployed.rows("insert into suppressed_addresses (type, address, reason) values ('email', %s, 'bounce')"
                  " on conflict do nothing", EMAIL)  # fmt: skip
    deployed.rows("insert into notification_preferences (user_id, type, channel, enabled)"
                  " values (%s, 'email', 'marketing', false)", user)  # fmt: skip
    deployed.rows("insert into realtime_connections (connection_id, user_id, expires_at)"
                  " values (%s, %s, now())", f"{CANARY}-{user}", user)  # fmt: skip


def remaining(deployed: DeployedFunctions) -> set[str]:
    """The tables in which one of the person's signs is found, in any column, in text, JSON or bytes."""
    tables = deployed.rows(
        "select c.relname::text as name, n.nspname::text as schema from pg_class c join pg_namespace n"
        " on n.oid = c.relnamespace where n.nspname in ('public', 'private') and c.relkind in ('r', 'p')"
        " and not c.relispartition"
    )
    return {each["name"] for each in tables if _holds(deployed, f"{each['schema']}.{each['name']}")}


def _holds(deployed: DeployedFunctions, table: str) -> bool:
    signs = [f"%{sign}%" for sign in SIGNS]
    body = "convert_from(t.body, 'UTF8')" if table.endswith("webhook_logs") else "''"
    search = f"select exists (select from {table} t where t::text ilike any(%(signs)s) or {body} ilike any(%(signs)s))"
    found = deployed.looking.execute(search.encode(), {"signs": signs}).fetchone()
    return bool(found and found[0])
