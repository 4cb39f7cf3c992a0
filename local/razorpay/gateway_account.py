"""What every rule of the fake works with: the records, the clock, the ids and the way events leave."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local.razorpay import errors
from local.razorpay.entities import Entity, new_id
from local.razorpay.store import Kind, Store


class EventEmitter(Protocol):
    """Announces an event with snapshots of the entities it is about."""

    def __call__(self, event: str, **entities: Entity) -> None: ...


@dataclass
class Settings:
    """What an operator of the real service sets in its dashboard, and the fake's own behaviour."""

    key_id: str
    key_secret: str
    webhook_secret: str | None
    webhook_url: str | None
    auto_capture: bool = True
    refund_outcome: str = "processed"
    list_lag: float = 0.0
    """Seconds until a new entity shows up in lists; reads by id see it at once."""


@dataclass(frozen=True)
class GatewayAccount:
    """The fake's account at Razorpay."""

    store: Store
    settings: Settings
    clock: Callable[[], float]
    rng: random.Random
    emit: EventEmitter

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())

    def fresh_id(self, prefix: str, kind: Kind) -> str:
        """An id not used before; a seeded generator repeats itself after a restart."""
        while True:
            id = new_id(prefix, self.rng)
            if self.store.get(kind, id) is None:
                return id

    def save(self, kind: Kind, entity: Entity, lookup: str | None = None) -> Entity:
        self.store.put(kind, entity, self.clock(), lookup)
        return entity

    def require(self, kind: Kind, id: str) -> Entity:
        """The entity, or the 400 that Razorpay answers for an unknown id."""
        entity = self.store.get(kind, id)
        if entity is None:
            raise errors.invalid(errors.UNKNOWN_ID)
        return entity
