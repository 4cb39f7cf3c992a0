"""The knobs: everything a test or a developer can make the fake do.

Each is a method of the in-process fake and, under the same name and with the same arguments as JSON, an
address `POST /_control/<name>` of the running one. `GET /_control` lists them.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from functools import cache, wraps
from typing import Any, Concatenate, overload

from pydantic import ConfigDict, validate_call

from local.razorpay.account import Account
from local.razorpay.entities import Entity

KNOBS: dict[str, Callable[..., Any]] = {}


class EventLoopRunner:
    """Runs work where the account lives: on the event loop of the fake, from any other thread."""

    account: Account
    loop: asyncio.AbstractEventLoop

    def wait_for[R](self, work: Coroutine[Any, Any, R]) -> R:
        try:
            turned = asyncio.run_coroutine_threadsafe(work, self.loop)
        except RuntimeError:
            work.close()  # Else a fake that has stopped also warns of a coroutine never awaited.
            raise
        return turned.result()


@overload
def knob[**P, R](
    function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Any, P], R]: ...
@overload
def knob[**P, R](function: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]: ...
def knob(function: Callable[..., Any]) -> Callable[..., Any]:
    """Registers a knob; called from a thread it waits for the loop to have turned it."""
    name = function.__name__
    KNOBS[name] = function

    @wraps(function)
    def turn_from_thread(self: EventLoopRunner, *args: Any, **kwargs: Any) -> Any:
        return self.wait_for(_run(function, self, args, kwargs))

    return turn_from_thread


async def turn(fake: EventLoopRunner, name: str, arguments: Entity) -> Any:
    """Turns a knob with arguments from JSON; raises pydantic's ValidationError for wrong ones."""
    return await _run(_checked(KNOBS[name]), fake, (), arguments)


async def _run(function: Callable[..., Any], fake: EventLoopRunner, args: tuple[Any, ...], kwargs: Entity) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(fake, *args, **kwargs)
    with fake.account.store.transaction():
        return function(fake, *args, **kwargs)


@cache
def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    return validate_call(config=ConfigDict(arbitrary_types_allowed=True))(function)


def describe(name: str) -> Entity:
    """A knob's arguments and what it does, for people."""
    signature = inspect.signature(KNOBS[name])
    arguments = {key: str(value) for key, value in signature.parameters.items() if key != "self"}
    return {"arguments": list(arguments.values()), "does": inspect.getdoc(KNOBS[name])}
