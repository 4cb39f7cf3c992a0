"""Posts due webhook deliveries, by itself or one by one when the deliveries are held."""

import asyncio
import heapq
from collections.abc import Callable
from contextlib import suppress

import aiohttp

from local.razorpay.entities import Entity
from local.razorpay.gateway_account import Settings
from local.razorpay.outbox import Delivery, Outbox
from local.razorpay.store import Store

TIMEOUT = 5.0
"""Seconds Razorpay waits for an answer."""
_CONNECTIONS = 32


class Courier:
    """Sends what the outbox has due; each attempt is one POST, any 2xx within the time limit is a success."""

    def __init__(
        self, store: Store, outbox: Outbox, settings: Settings, clock: Callable[[], float], timeout: float
    ) -> None:
        self.held: bool = False
        self._store: Store = store
        self._outbox: Outbox = outbox
        self._settings: Settings = settings
        self._clock: Callable[[], float] = clock
        self._timeout: aiohttp.ClientTimeout = aiohttp.ClientTimeout(total=timeout)
        self._due: list[tuple[float, str]] = []
        self._changed: asyncio.Event = asyncio.Event()
        self._progress: asyncio.Event = asyncio.Event()
        self._under_way: set[str] = set()
        self._places: asyncio.Semaphore = asyncio.Semaphore(_CONNECTIONS)
        outbox.on_change = self._on_change
        self.reload()

    def reload(self) -> None:
        """Starts over from what the outbox has waiting."""
        self._due = [(delivery.due_at, delivery.id) for delivery in self._outbox.deliveries("waiting")]
        heapq.heapify(self._due)
        self._changed.set()

    def _on_change(self, record: Entity) -> None:
        if record["state"] == "waiting":
            heapq.heappush(self._due, (record["due_at"], record["id"]))
        self._changed.set()
        self._progress.set()

    def release(self) -> None:
        self.held = False
        self.reload()

    async def until_quiet(self) -> None:
        """Returns once no delivery waits."""
        while self._store.any_under("delivery", "waiting"):
            self._progress.clear()
            await self._progress.wait()

    async def run(self) -> None:
        """Sends until cancelled."""
        async with aiohttp.ClientSession(timeout=self._timeout) as session, asyncio.TaskGroup() as sending:
            self._session = session
            while True:
                self._changed.clear()
                for id in self._take_due():
                    sending.create_task(self._send_in_turn(id))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), self._until_next())

    def _take_due(self) -> list[str]:
        if self.held or not self._settings.webhook_url:
            return []
        ids: list[str] = []
        while self._due and self._due[0][0] <= self._clock():
            ids.append(heapq.heappop(self._due)[1])
        return ids

    def _until_next(self) -> float | None:
        if self.held or not self._settings.webhook_url or not self._due:
            return None
        return max(0.0, self._due[0][0] - self._clock())

    async def _send_in_turn(self, id: str) -> None:
        async with self._places:
            delivery = self._outbox.get(id)
            # A stale entry of the heap names an earlier time than the one the delivery has now.
            if delivery and delivery.due_at <= self._clock() and not self.held:
                await self.send(id)

    async def send(self, id: str) -> Delivery | None:
        """One attempt now, whatever the time; None when the delivery does not wait any more."""
        delivery = self._outbox.get(id)
        if delivery is None or delivery.state != "waiting" or id in self._under_way:
            return None
        self._under_way.add(id)
        try:
            status, error = await self._post(delivery)
        finally:
            self._under_way.discard(id)
        with self._store.transaction():
            self._outbox.record_attempt(id, status=status, error=error)
        return self._outbox.get(id)

    async def _post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        url = self._settings.webhook_url or ""
        try:
            async with self._session.post(
                url, data=delivery.body, headers=delivery.headers, allow_redirects=False
            ) as answer:
                return answer.status, None
        except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as problem:
            return None, type(problem).__name__
