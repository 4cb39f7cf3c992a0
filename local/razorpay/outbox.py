"""The webhook deliveries that are due, with their signatures, attempts and retry times.

A delivery is signed once, when its event happens, and every retry repeats the same bytes: after a rotation of
the secret, retries of older events still carry the old signature, as at the real service.
"""

import fnmatch
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from local.razorpay.entities import Entity, new_id
from local.razorpay.payloads import event_body, webhook_headers
from local.razorpay.store import Store, public

type State = Literal["waiting", "delivered", "dropped", "exhausted", "disabled"]

# Seconds after the first attempt, measured on real deliveries by a third party; then silence.
RETRY_LADDER = (
    *(0, 0.23, 6.08, 19.13, 39.55, 82.3, 164.5, 326.1, 650.5, 1293.4, 2576.5),
    *(5139.9, 10267.2, 20508.1, 40988.6, 81953.0),
)
DISABLED_AFTER = 86_400.0
"""Seconds of nothing but failures after which Razorpay switches a webhook off."""


@dataclass(frozen=True)
class Delivery:
    """One webhook delivery. `attempts` holds for each attempt its time and its HTTP status or error."""

    id: str
    event: str
    event_id: str
    headers: dict[str, str]
    body: bytes
    state: State
    due_at: float
    attempts: list[dict[str, Any]]


@dataclass
class DeliveryFaults:
    """What goes wrong with deliveries on their way, drawn from a seeded generator."""

    drop_percent: float = 0
    duplicate_percent: float = 0
    delay_seconds: float = 0
    shuffle_seconds: float = 0
    events: str = "*"
    rng: random.Random = field(default_factory=random.Random)

    def happens(self, percent: float) -> bool:
        return self.rng.random() * 100 < percent

    def delay(self) -> float:
        return self.delay_seconds + self.rng.random() * self.shuffle_seconds


class Outbox:
    """Deliveries by state; `on_change` is told of each new record."""

    def __init__(self, store: Store, clock: Callable[[], float], rng: random.Random, time_scale: float) -> None:
        self.mishaps: DeliveryFaults = DeliveryFaults()
        self.on_change: Callable[[Entity], None] = lambda _record: None
        self._store: Store = store
        self._clock: Callable[[], float] = clock
        self._rng: random.Random = rng
        self._scale: float = time_scale

    def announce(self, secret: str | None, event: str, entities: dict[str, Entity]) -> None:
        """Queues the delivery of an event that happens now."""
        shown = {name: public(entity) for name, entity in entities.items()}
        body = event_body(event, shown, created_at=int(self._clock()))
        headers = webhook_headers(body, secret, new_id("", self._rng))
        affected = fnmatch.fnmatchcase(event, self.mishaps.events)
        dropped = affected and self.mishaps.happens(self.mishaps.drop_percent)
        copies = 2 if affected and self.mishaps.happens(self.mishaps.duplicate_percent) else 1
        state: State = "disabled" if self.is_disabled() else "dropped" if dropped else "waiting"
        for _ in range(copies):
            self._add(event, body.decode(), headers, state, self.mishaps.delay() if affected else 0)

    def _add(self, event: str, body: str, headers: dict[str, str], state: State, delay: float) -> str:
        id = new_id("dlv", self._rng)
        due_at = self._clock() + delay
        record: Entity = {"id": id, "event": event, "body": body, "headers": headers}
        self._save(record | {"state": state, "due_at": due_at, "place": due_at, "attempts": []})
        return id

    def _save(self, record: Entity) -> None:
        self._store.put("delivery", record, self._clock(), record["state"])
        self.on_change(record)

    def get(self, id: str) -> Delivery | None:
        record = self._store.get("delivery", id)
        return _delivery(record) if record else None

    def deliveries(self, state: State | None = None) -> list[Delivery]:
        """Deliveries in the order of their events, or, once shuffled, in the shuffled order."""
        records = self._store.under("delivery", state) if state else self._store.all("delivery")
        return [_delivery(record) for record in sorted(records, key=lambda record: record["place"])]

    def duplicate(self, id: str) -> str:
        """Another delivery of the same event: same event id, bytes and signature."""
        record = self._record(id)
        return self._add(record["event"], record["body"], record["headers"], "waiting", 0)

    def drop(self, id: str) -> None:
        """The delivery never arrives."""
        self._save(self._record(id) | {"state": "dropped"})

    def take(self) -> list[Delivery]:
        """All that wait, marked as delivered: the caller hands them over by itself."""
        waiting = self.deliveries("waiting")
        for delivery in waiting:
            self._save(self._record(delivery.id) | {"state": "delivered"})
        return waiting

    def shuffle(self, seed: int | None) -> None:
        """Puts the waiting deliveries in a random order."""
        waiting = self._store.under("delivery", "waiting")
        places = [record["place"] for record in waiting]
        # Shuffling the rank, not the time: events of one instant share a time.
        ranks = random.Random(seed).sample(  # noqa: S311 (an order of arrival, not a secret)
            range(len(places)), len(places)
        )
        for record, rank in zip(waiting, ranks, strict=True):
            self._save(record | {"place": min(places) + rank * 1e-6})

    def record_attempt(self, id: str, *, status: int | None = None, error: str | None = None) -> None:
        """Notes an outcome: any 2xx delivers; anything else waits for its next turn on the ladder."""
        record = self._store.get("delivery", id)
        if record is None or record["state"] != "waiting":
            return  # Forgotten or dropped while it was under way.
        at = self._clock()
        attempts: list[dict[str, Any]] = [*record["attempts"], {"at": at, "status": status, "error": error}]
        delivered = status is not None and 200 <= status < 300
        outcome: Entity = {"state": "delivered"} if delivered else self._next_turn(attempts)
        self._save(record | outcome | {"attempts": attempts})
        self._note_health(delivered, at)

    def _next_turn(self, attempts: list[dict[str, Any]]) -> Entity:
        if len(attempts) == len(RETRY_LADDER):
            return {"state": "exhausted"}
        return {"due_at": attempts[0]["at"] + RETRY_LADDER[len(attempts)] * self._scale}

    def _record(self, id: str) -> Entity:
        record = self._store.get("delivery", id)
        if record is None:
            raise LookupError(id)
        return record

    def is_disabled(self) -> bool:
        return bool(self._endpoint()["disabled"])

    def enable(self) -> None:
        """Switches the webhook on again, for events from now on."""
        self._save_endpoint(failing_since=None, disabled=False)

    def _note_health(self, delivered: bool, at: float) -> None:
        since: float | None = None if delivered else self._endpoint()["failing_since"] or at
        # A scale of 0 has no duration to measure, so such a webhook is never switched off.
        disabled = bool(self._scale) and since is not None and at - since >= DISABLED_AFTER * self._scale
        self._save_endpoint(failing_since=since, disabled=disabled)
        if disabled:
            for record in self._store.under("delivery", "waiting"):
                self._save(record | {"state": "disabled"})

    def _endpoint(self) -> Entity:
        return self._store.get("endpoint", "webhook") or {"failing_since": None, "disabled": False}

    def _save_endpoint(self, *, failing_since: float | None, disabled: bool) -> None:
        endpoint = {"id": "webhook", "failing_since": failing_since, "disabled": disabled}
        self._store.put("endpoint", endpoint, self._clock())


def _delivery(record: Entity) -> Delivery:
    return Delivery(
        id=record["id"],
        event=record["event"],
        event_id=record["headers"]["X-Razorpay-Event-Id"],
        headers=record["headers"],
        body=record["body"].encode(),
        state=record["state"],
        due_at=record["due_at"],
        attempts=record["attempts"],
    )
