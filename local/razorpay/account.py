"""The parts of one fake, put together."""

import asyncio
import copy
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.razorpay.courier import Courier
from local.razorpay.entities import Entity
from local.razorpay.faults import Faults
from local.razorpay.gateway_account import GatewayAccount, Settings
from local.razorpay.outbox import DeliveryFaults, Outbox
from local.razorpay.store import Store

_REQUESTS_KEPT = 10_000


@dataclass
class ReceivedRequest:
    """A request to /v1, as it came; `status` is None when no answer left the fake."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int | None = None


class Account:
    """Records, webhooks, faults and the journal of requests of one fake Razorpay account."""

    def __init__(
        self,
        settings: Settings,
        *,
        state: Path | None,
        hold: bool,
        time_scale: float,
        delivery_timeout: float,
        clock: Callable[[], float],
        seed: int | None,
    ) -> None:
        self._first_settings: Settings = copy.copy(settings)
        self._first_hold: bool = hold
        rng = random.Random(seed)  # noqa: S311 (ids and mishaps of a fake)
        self.store: Store = Store(state)
        self.settings: Settings = settings
        self.outbox: Outbox = Outbox(self.store, clock, rng, time_scale)
        self.courier: Courier = Courier(self.store, self.outbox, settings, clock, delivery_timeout)
        self.courier.held = hold
        self.books: GatewayAccount = GatewayAccount(self.store, settings, clock, rng, self._announce)
        self.faults: Faults = Faults(rng)
        self.requests: deque[ReceivedRequest] = deque(maxlen=_REQUESTS_KEPT)
        self.request_came: asyncio.Event = asyncio.Event()

    def journal(self, request: ReceivedRequest) -> None:
        self.requests.append(request)
        self.request_came.set()

    def requests_like(self, method: str | None, path: str | None) -> list[ReceivedRequest]:
        """Those of this method whose path starts with `path`."""
        return [
            request
            for request in self.requests
            if method in (None, request.method) and request.path.startswith(path or "")
        ]

    def _announce(self, event: str, **entities: Entity) -> None:
        self.outbox.announce(self.settings.webhook_secret, event, entities)

    def forget_everything(self) -> None:
        """As newly made: no records, first settings, no faults."""
        self.store.forget_everything()
        vars(self.settings).update(vars(self._first_settings))
        self.faults.clear()
        self.requests.clear()
        self.outbox.mishaps = DeliveryFaults()
        self.courier.held = self._first_hold
        self.courier.reload()
