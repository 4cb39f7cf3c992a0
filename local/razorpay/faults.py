"""Faults of the REST API on request: late, lost and refused answers."""

import asyncio
import fnmatch
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from local.razorpay import errors

type FaultKind = Literal[
    "late_answer", "no_answer", "lost_answer", "rate_limit", "cool_down", "bad_gateway", "server_error"
]
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_WORK_IS_DONE: frozenset[FaultKind] = frozenset(("late_answer", "no_answer", "lost_answer"))


@dataclass
class Fault:
    """What happens to the requests it matches, `times` times (None: until cleared).

    With `commits` the request is carried out before its answer goes wrong.
    """

    kind: FaultKind
    method: str
    path: str
    times: int | None
    seconds: float
    commits: bool
    percent: float

    def matches(self, request: web.Request) -> bool:
        return self.method in ("*", request.method) and fnmatch.fnmatchcase(request.path, self.path)


class Faults:
    """The faults that are set, in the order in which they were set."""

    def __init__(self, rng: random.Random) -> None:
        self._rng: random.Random = rng
        self._set: list[Fault] = []

    def add(
        self,
        kind: FaultKind,
        *,
        method: str = "*",
        path: str = "/v1/*",
        times: int | None = 1,
        seconds: float = 0,
        commits: bool | None = None,
        percent: float = 100,
    ) -> None:
        commits = kind in _WORK_IS_DONE if commits is None else commits
        self._set.append(Fault(kind, method, path, times, seconds, commits, percent))

    def clear(self) -> None:
        self._set.clear()

    def _take(self, request: web.Request) -> Fault | None:
        for fault in self._set:
            if fault.matches(request) and self._rng.random() * 100 < fault.percent:
                fault.times = None if fault.times is None else fault.times - 1
                if fault.times == 0:
                    self._set.remove(fault)
                return fault
        return None

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The handler's answer, or what the first matching fault makes of it."""
        fault = self._take(request)
        if fault is None:
            return await handler(request)
        answer = await handler(request) if fault.commits else None
        match fault.kind:
            case "late_answer":
                await asyncio.sleep(fault.seconds)
                return await handler(request) if answer is None else answer
            case "no_answer":
                await asyncio.Event().wait()
            case "lost_answer" if request.transport:
                request.transport.abort()
            case _:
                pass
        return _broken_answer(fault.kind)


def _broken_answer(kind: FaultKind) -> web.Response:
    match kind:
        case "rate_limit":
            return web.json_response(errors.RATE_LIMITED, status=429, headers={"Retry-After": "2"})
        case "cool_down":
            return web.json_response(errors.COOLING_DOWN, status=429)
        case "server_error":
            return web.json_response(errors.SERVER_ERROR, status=500)
        case _:
            return web.Response(text=errors.BAD_GATEWAY_PAGE, status=502, content_type="text/html")
