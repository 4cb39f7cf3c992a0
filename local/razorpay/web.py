"""The HTTP side: authentication, journal, error bodies, and the addresses of API, knobs and pages."""

import base64
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from local.razorpay import api, control, errors, pages
from local.razorpay.account import Account, ReceivedRequest
from local.razorpay.control import KNOBS, EventLoopRunner
from local.razorpay.validation import json_object

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS_KEPT = ("Content-Type", "User-Agent", "X-Refund-Idempotency", "X-Request-Id")


def application(fake: EventLoopRunner) -> web.Application:
    """The server of one fake."""
    server = RestServer(fake.account)
    app = web.Application(middlewares=[_answer_errors, server.receive])
    for method, path, endpoint in api.ROUTES:
        app.router.add_route(method, path, server.handler(endpoint))
    app.router.add_get("/_control", _list_knobs)
    app.router.add_post("/_control/{name}", _turn_knob(fake))
    pages.add_routes(app, fake)
    return app


class RestServer:
    """/v1: journal, then faults, then authentication, then the endpoint in one transaction."""

    def __init__(self, account: Account) -> None:
        self._account: Account = account
        self._refunds_under_way: set[str] = set()

    @web.middleware
    async def receive(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/v1/") or request.path == pages.CHECKOUT_SCRIPT:
            return await handler(request)
        entry = await _journal_entry(request)
        self._account.journal(entry)
        answer = await self._one_at_a_time(request, handler)
        entry.status = answer.status if request.transport and not request.transport.is_closing() else None
        return answer

    async def _one_at_a_time(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A second request with the idempotency key of one still under way is answered 409."""
        key = request.headers.get("X-Refund-Idempotency")
        if key is None:
            return await self._account.faults.answer(request, self._authenticated(handler))
        if key in self._refunds_under_way:
            return _json_error(errors.refused(errors.KEY_IN_PROGRESS, 409))
        self._refunds_under_way.add(key)
        try:
            return await self._account.faults.answer(request, self._authenticated(handler))
        finally:
            self._refunds_under_way.discard(key)

    def _authenticated(self, handler: Handler) -> Handler:
        async def check_then_handle(request: web.Request) -> web.StreamResponse:
            settings = self._account.settings
            credentials = f"{settings.key_id}:{settings.key_secret}".encode()
            expected = b"Basic " + base64.b64encode(credentials)
            given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
            if not hmac.compare_digest(expected, given):
                return _json_error(errors.plain("Authentication failed", 401))
            return await _answer_errors(request, handler)

        return check_then_handle

    def handler(self, endpoint: api.Endpoint) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            raw = await request.read()
            call = api.Call(request.match_info, request.query, request.headers, raw)
            with self._account.store.transaction():
                return web.json_response(endpoint(self._account.books, call))

        return handle


async def _journal_entry(request: web.Request) -> ReceivedRequest:
    headers = {name: request.headers[name] for name in _HEADERS_KEPT if name in request.headers}
    raw = await request.read()
    try:
        body: Any = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        body = raw.decode(errors="replace")
    return ReceivedRequest(request.method, request.path, dict(request.query), headers, body)


@web.middleware
async def _answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except errors.RazorpayError as problem:
        return _json_error(problem)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        if request.path.startswith("/v1/"):
            return _json_error(errors.refused(errors.UNKNOWN_URL))
        return web.json_response(errors.NO_ROUTE, status=404)


def _json_error(problem: errors.RazorpayError) -> web.Response:
    return web.json_response(problem.body, status=problem.status)


async def _list_knobs(_request: web.Request) -> web.Response:
    return web.json_response({name: control.describe(name) for name in KNOBS})


def _turn_knob(fake: EventLoopRunner) -> Handler:
    async def turn(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in KNOBS:
            raise web.HTTPNotFound
        arguments = json_object(await request.read())
        try:
            result = await control.turn(fake, name, arguments)
        except ValidationError as problem:
            return web.json_response({"error": {"description": str(problem)}}, status=422)
        except LookupError as problem:
            return web.json_response({"error": {"description": f"unknown: {problem}"}}, status=404)
        except TimeoutError:
            return web.json_response({"error": {"description": "took too long"}}, status=408)
        return web.json_response(to_jsonable_python(result, bytes_mode="utf8"))

    return turn
