"""Warm requests against one database, as ratios to the least that such a request must do on the same connection."""

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from uuid import UUID, uuid4

import psycopg

from functions.razorpay_webhook.signature import is_signed
from functions.session_management import service as sessions
from functions.session_management.models import CheckIn, ClientDevice
from local.razorpay.payloads import new_id, order_entity, payment_entity, webhook_body
from shared import clock
from shared.actors import SERVICE, service_for
from shared.db import Database
from shared.webhooks import service as webhook

RUNS = 300
BUDGET = 2.5
SECRET = "benchmark"


def measure(superuser_url: str, worker_url: str) -> dict[str, float]:
    """On a migrated, otherwise empty database with durable commits."""
    database = Database(lambda: worker_url)
    with psycopg.connect(superuser_url, autocommit=True) as owner:
        owner.execute("create table benchmark_floor (id uuid primary key default gen_random_uuid(), body bytea)")
        owner.execute("grant insert on benchmark_floor to worker_login")
        orders = [_plant(owner) for _ in range(RUNS)]
    try:
        with psycopg.connect(worker_url, autocommit=True, prepare_threshold=None) as floor:
            return {
                "webhook, capture": _ratio(
                    [lambda order=order: _capture(database, order[0]) for order in orders],
                    lambda: _insert_signed(floor),
                ),
                "check-in": _ratio(
                    [lambda order=order: _check_in(database, *order[1:]) for order in orders],
                    lambda: _insert(floor, b"x"),
                ),
            }
    finally:
        database.close()


def _ratio(requests: list[Callable[[], None]], floor: Callable[[], None]) -> float:
    """Median over median, the two in turn, so that both meet the same machine."""
    ours: list[float] = []
    least: list[float] = []
    for request in requests:
        least.append(_seconds(floor))
        ours.append(_seconds(request))
    return median(ours) / median(least)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _insert_signed(conn: psycopg.Connection) -> None:
    body = webhook_body("payment.captured", payment=payment_entity())
    hmac.compare_digest(hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(), "0" * 64)
    _insert(conn, body)


def _insert(conn: psycopg.Connection, body: bytes) -> None:
    with conn.transaction():
        conn.execute("insert into benchmark_floor (body) values (%s)", (body,))


def _capture(database: Database, order_id: str) -> None:
    body = webhook_body(
        "payment.captured",
        payment=payment_entity(order_id=order_id, amount=49900, status="captured"),
        order=order_entity(id=order_id, amount=49900),
    )
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert is_signed(body, signature, [SECRET])
    delivery, event = webhook.parse(body, {"x-razorpay-event-id": uuid4().hex})
    with database.transaction(SERVICE) as conn:
        status, outcome = webhook.process(conn, delivery, event, clock.now())
    assert (status, outcome) == ("processed", "confirmed")


def _check_in(database: Database, registration: UUID, user: UUID, event: UUID) -> None:
    asked = CheckIn(registration_id=registration, event_id=event)
    device = ClientDevice(ip_address="203.0.113.7", user_agent="benchmark")
    with database.transaction(service_for(user)) as conn:
        _, is_new = sessions.check_in(conn, user, asked, device, opens=timedelta(minutes=30), now=clock.now())
    assert is_new


def _plant(owner: psycopg.Connection) -> tuple[str, UUID, UUID, UUID]:
    """One student with a held seat and an open order, in an event that is under way."""
    user, event, registration, order = uuid4(), uuid4(), uuid4(), new_id("order")
    owner.execute("insert into profiles (id, email) values (%s, %s)", (user, f"{user}@example.com"))
    owner.execute(
        """
        insert into events (id, title, category, status, starts_at, ends_at, capacity, price_amount)
        values (%s, 'Benchmark', 'technical', 'ongoing', now() - interval '1 minute', now() + interval '2 hours', 9,
            49900)
        """,
        (event,),
    )
    owner.execute(
        """
        insert into registrations (id, user_id, event_id, status, payment_status, amount, currency, hold_expires_at)
        values (%s, %s, %s, 'pending', 'pending', 49900, 'INR', now() + interval '30 minutes')
        """,
        (registration, user, event),
    )
    owner.execute(
        """
        insert into payment_transactions (registration_id, user_id, razorpay_order_id, amount, currency)
        values (%s, %s, %s, 49900, 'INR')
        """,
        (registration, user, order),
    )
    return order, registration, user, event
