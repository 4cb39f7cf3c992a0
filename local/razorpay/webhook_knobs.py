"""Knobs for webhooks: hold, list, pump, shuffle, duplicate, drop and delay deliveries."""

import asyncio
import random

from local.razorpay.control import EventLoopRunner, knob
from local.razorpay.outbox import Delivery, DeliveryFaults, State


class WebhookKnobs(EventLoopRunner):
    """While held nothing is sent by itself; otherwise due deliveries and their retries are."""

    @knob
    def hold(self) -> None:
        """Deliveries wait for `pump`, `take` or `release`."""
        self.account.courier.held = True

    @knob
    def release(self) -> None:
        """Due deliveries are sent by themselves again."""
        self.account.courier.release()

    @knob
    def deliveries(self, state: State | None = None, event: str | None = None) -> list[Delivery]:
        """Deliveries in the order they would be pumped."""
        found = self.account.outbox.deliveries(state)
        return [delivery for delivery in found if event in (None, delivery.event)]

    @knob
    async def pump(self, ids: list[str] | None = None, limit: int | None = None, rounds: int = 1) -> list[Delivery]:
        """Sends waiting deliveries now, due or not, one after the other; each as it is after its attempt.

        Without `ids`, the first `limit` in the order of `deliveries`; again `rounds` times for what failed.
        """
        account = self.account
        sent: list[Delivery] = []
        for _ in range(rounds):
            turn = ids if ids is not None else [each.id for each in account.outbox.deliveries("waiting")]
            results = [await account.courier.send(id) for id in turn[:limit]]
            sent += [result for result in results if result]
        return sent

    @knob
    def take(self) -> list[Delivery]:
        """The waiting deliveries, for the caller to hand over by itself; they count as delivered."""
        return self.account.outbox.take()

    @knob
    async def wait_until_quiet(self, timeout: float = 10.0) -> None:
        """Returns once no delivery waits any more; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            await self.account.courier.until_quiet()

    @knob
    def shuffle_deliveries(self, seed: int | None = None) -> None:
        """Puts the waiting deliveries in a random order."""
        self.account.outbox.shuffle(seed)

    @knob
    def duplicate_delivery(self, id: str) -> str:
        """The same event, bytes and signature once more; the id of the new delivery."""
        return self.account.outbox.duplicate(id)

    @knob
    def drop_delivery(self, id: str) -> None:
        """This delivery never arrives."""
        self.account.outbox.drop(id)

    @knob
    def disturb_webhooks(
        self,
        *,
        drop_percent: float = 0,
        duplicate_percent: float = 0,
        delay_seconds: float = 0,
        shuffle_seconds: float = 0,
        events: str = "*",
        seed: int | None = None,
    ) -> None:
        """What happens to events from now on whose name matches `events` (`payment.*`): lost, doubled, late
        by `delay_seconds` and a random part of `shuffle_seconds`. Without arguments: nothing any more."""
        rng = random.Random(seed)  # noqa: S311 (mishaps of a fake)
        self.account.outbox.mishaps = DeliveryFaults(
            drop_percent, duplicate_percent, delay_seconds, shuffle_seconds, events, rng
        )

    @knob
    def set_webhook_secret(self, secret: str | None) -> None:
        """Signs events from now on with this secret, or (None) not at all; older ones keep theirs."""
        self.account.settings.webhook_secret = secret

    @knob
    def set_webhook_url(self, url: str | None) -> None:
        """Where deliveries go, retries of older events too; None keeps them waiting."""
        self.account.settings.webhook_url = url
        self.account.courier.reload()

    @knob
    def webhook_is_disabled(self) -> bool:
        """True after 24 hours (scaled) of nothing but failures."""
        return self.account.outbox.is_disabled()

    @knob
    def enable_webhook(self) -> None:
        """Switches the webhook on again; what happened meanwhile stays undelivered."""
        self.account.outbox.enable()
