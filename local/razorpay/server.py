"""A stateful fake of the Razorpay API: in a thread of a test, or as a process of the local stack."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from local.razorpay import courier
from local.razorpay.account import Account
from local.razorpay.fault_knobs import FaultKnobs
from local.razorpay.gateway_account import Settings
from local.razorpay.payment_knobs import PaymentKnobs
from local.razorpay.web import application
from local.razorpay.webhook_knobs import WebhookKnobs

KEY_ID = "rzp_test_FAKE0000000000"
KEY_SECRET = "fake-key-secret"  # noqa: S105 (opens nothing but this fake)
WEBHOOK_SECRET = "fake-webhook-secret"  # noqa: S105


class FakeRazorpay(PaymentKnobs, WebhookKnobs, FaultKnobs):
    """`with FakeRazorpay(...) as fake:` serves at `fake.url`; its knobs are its methods.

    `time_scale` multiplies the retry times and the 24 hours until a webhook is disabled (0: retries follow at
    once, nothing is disabled). With `hold`, deliveries wait to be pumped or taken. `state` is the file that
    keeps everything. `clock` gives unix seconds; `seed` makes ids and mishaps repeatable.
    """

    def __init__(
        self,
        *,
        key_id: str = KEY_ID,
        key_secret: str = KEY_SECRET,
        webhook_secret: str | None = WEBHOOK_SECRET,
        webhook_url: str | None = None,
        state: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        time_scale: float = 1.0,
        hold: bool = False,
        list_lag: float = 0.0,
        delivery_timeout: float = courier.TIMEOUT,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
    ) -> None:
        settings = Settings(key_id, key_secret, webhook_secret, webhook_url, list_lag=list_lag)
        self.account: Account = Account(
            settings,
            state=state,
            hold=hold,
            time_scale=time_scale,
            delivery_timeout=delivery_timeout,
            clock=clock,
            seed=seed,
        )
        self.url: str = ""
        self._address: tuple[str, int] = (host, port)
        self._thread: threading.Thread | None = None

    @property
    def key_id(self) -> str:
        return self.account.settings.key_id

    @property
    def key_secret(self) -> str:
        return self.account.settings.key_secret

    @property
    def webhook_secret(self) -> str | None:
        """The secret that new events are signed with."""
        return self.account.settings.webhook_secret

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Serves in a thread of its own; returns once `url` answers. Raises OSError if the port is taken."""
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="fake-razorpay")
        self._thread.start()
        ready.result()

    def stop(self) -> None:
        """Ends the server; what is under way ends with it."""
        if self._thread and self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _run(self, ready: Future[None]) -> None:
        try:
            asyncio.run(self.serve(lambda: ready.set_result(None)))
        except BaseException as problem:
            if ready.done():
                raise
            ready.set_exception(problem)

    async def serve(self, on_ready: Callable[[], None]) -> None:
        """Serves on the running loop until cancelled or stopped."""
        self.loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        # Not 0, which aiohttp takes for "no limit": an answer that never comes would hold the end up.
        runner = web.AppRunner(application(self), access_log=None, shutdown_timeout=0.01)
        sending: asyncio.Task[None] | None = None
        try:
            await runner.setup()
            await web.TCPSite(runner, *self._address).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            sending = asyncio.create_task(self.account.courier.run())
            on_ready()
            await self._stopping.wait()
        finally:
            await _cancel(sending)
            await runner.cleanup()
            self.account.store.close()


async def _cancel(task: asyncio.Task[None] | None) -> None:
    if task:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
