"""Knobs for the REST API's faults, for the journal of requests, and for starting over."""

import asyncio

from local.razorpay.account import ReceivedRequest
from local.razorpay.control import EventLoopRunner, knob
from local.razorpay.faults import FaultKind


class FaultKnobs(EventLoopRunner):
    """Faults are used up in the order in which they were set."""

    @knob
    def break_api(
        self,
        fault: FaultKind,
        *,
        method: str = "*",
        path: str = "/v1/*",
        times: int | None = 1,
        seconds: float = 0,
        commits: bool | None = None,
        percent: float = 100,
    ) -> None:
        """Breaks the next `times` requests (None: all) whose method and path (`/v1/orders*`) match.

        late_answer: after `seconds`; no_answer: never; lost_answer: the connection drops. These carry the
        request out first, unless `commits=False`. rate_limit (429, Retry-After: 2), cool_down (429 without),
        bad_gateway (502, HTML) and server_error (500) do not, unless `commits=True`.
        """
        self.account.faults.add(
            fault, method=method, path=path, times=times, seconds=seconds, commits=commits, percent=percent
        )

    @knob
    def mend_api(self) -> None:
        """No more faults."""
        self.account.faults.clear()

    @knob
    def requests(self, method: str | None = None, path: str | None = None) -> list[ReceivedRequest]:
        """The requests to /v1 so far (the last 10,000), oldest first; `path` is the start of one."""
        return self.account.requests_like(method, path)

    @knob
    async def wait_for_requests(
        self, count: int = 1, method: str | None = None, path: str | None = None, timeout: float = 10.0
    ) -> list[ReceivedRequest]:
        """As `requests`, once there are `count` of them, answered or not; else TimeoutError."""
        async with asyncio.timeout(timeout):
            while len(found := self.account.requests_like(method, path)) < count:
                self.account.request_came.clear()
                await self.account.request_came.wait()
        return found

    @knob
    def forget_requests(self) -> None:
        """Empties the journal of requests."""
        self.account.requests.clear()

    @knob
    def reset(self) -> None:
        """Back to a newly made fake: no records, the first settings, no faults."""
        self.account.forget_everything()
