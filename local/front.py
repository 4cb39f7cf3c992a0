"""The one address people and clients use: the API, the local page, the mailbox, the schedules, the metrics."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError, ClientSession, web
from jinja2 import Environment, FileSystemLoader, select_autoescape
from pydantic import BaseModel

from local import console, forwarding, metrics, schedules, sent_messages, users
from local.deploy import STACK
from local.emulator import Emulator
from local.stack_file import StackFile
from local.state import StackError

FOLDER = Path(__file__).parent / "pages"
PAGES = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape())


@dataclass(frozen=True)
class RunningFront:
    """What the front serves once the stack is up."""

    emulator: Emulator
    stack: StackFile
    api_id: str
    schedules: dict[str, schedules.Schedule]

    @property
    def api_url(self) -> str:
        return f"{self.emulator.endpoint}/_aws/execute-api/{self.api_id}/$default"

    @property
    def keys_url(self) -> str:
        return f"{self.emulator.endpoint}/{self.stack.cognito.user_pool_id}/.well-known/jwks.json"

    @property
    def metadata_url(self) -> str:
        return f"{self.emulator.endpoint}/{self.stack.cognito.user_pool_id}/.well-known/openid-configuration"


class Front:
    """Listens from the first second, so that the port is ours; answers 503 until `running` is set."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.running: RunningFront | None = None
        self._port = port
        self._session: ClientSession | None = None
        app = web.Application(client_max_size=forwarding.BODY_LIMIT)
        app.add_routes(
            [
                web.get("/", self._page),
                web.post("/", self._login_pages),  # Cognito's API, for whoever is signed in at the console
                web.route("*", "/functions/v1/{path:.*}", self._api),
                web.get("/console{path:(/.*)?}", self._api),
                web.get("/.well-known/jwks.json", self._keys),
                web.get("/.well-known/openid-configuration", self._metadata),
                web.post("/oauth2/revoke", self._revoke),
                web.route("*", "/{path:(oauth2/.*|login|logout)}", self._login_pages),
                web.static("/_local/static", FOLDER / "static"),
                web.get("/_local/mail", self._mail),
                web.get("/_local/metrics", self._metrics),
                web.post("/_local/sign-in/{user}", self._sign_in),
                web.post("/_local/paid/{registration}", self._paid),
                web.route("*", "/_local/razorpay/{path:.*}", self._knobs),
                web.post("/_local/schedules/{function}", self._schedule),
                web.get("/razorpay", self._razorpay),
                web.get("/razorpay/{path:.*}", self._razorpay),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2, auto_decompress=False)

    async def start(self) -> None:
        """Raises StackError when something else listens on the port."""
        self._session = forwarding.new_session()
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        except OSError as error:
            raise StackError(
                f"port {self._port} is in use; end what listens there, or choose another: make up PORT=3001"
            ) from error

    async def stop(self) -> None:
        await self._runner.cleanup()
        if self._session:
            await self._session.close()

    def _up(self) -> tuple[RunningFront, ClientSession]:
        if self.running is None or self._session is None:
            raise web.HTTPServiceUnavailable(text="The local stack is starting.", headers={"Retry-After": "2"})
        return self.running, self._session

    async def _api(self, request: web.Request) -> web.Response:
        """The API; pages on any loopback port may call it as those of the allowed origin may."""
        running, session = self._up()
        began = time.monotonic()
        own = self.url if _is_loopback(request.headers.get("Origin")) else None
        answer = await forwarding.forward(request, session, running.api_url + request.raw_path, own)
        if own and "Access-Control-Allow-Origin" in answer.headers:
            answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        milliseconds = (time.monotonic() - began) * 1000
        request_id = answer.headers.get("apigw-requestid", "")
        console.say(f"  {request.method:6} {request.path}  {answer.status}  {milliseconds:.0f} ms  {request_id}")
        return answer

    async def _keys(self, request: web.Request) -> web.Response:
        running, session = self._up()
        return await forwarding.forward(request, session, running.keys_url)

    async def _metadata(self, request: web.Request) -> web.Response:
        """The user pool's OpenID metadata, with our addresses, and with the revocation that MiniStack leaves out."""
        running, session = self._up()
        async with session.get(running.metadata_url, headers={"Host": request.host}) as answer:
            metadata = await answer.json()
        return web.json_response(metadata | {"revocation_endpoint": f"{self.url}/oauth2/revoke"})

    async def _revoke(self, request: web.Request) -> web.Response:
        """RFC 7009, by Cognito's API: MiniStack has no /oauth2/revoke."""
        running, _session = self._up()
        form = await request.post()
        client = running.emulator.client("cognito-idp")
        await asyncio.to_thread(client.revoke_token, Token=str(form["token"]), ClientId=str(form["client_id"]))
        return web.Response()

    async def _login_pages(self, request: web.Request) -> web.Response:
        running, session = self._up()
        return await forwarding.forward(request, session, running.emulator.endpoint + request.raw_path)

    async def _page(self, _: web.Request) -> web.Response:
        running, _session = self._up()
        expressions = {name: schedule.expression for name, schedule in running.schedules.items()}
        return _html("index.html", stack=running.stack, schedules=expressions)

    async def _sign_in(self, request: web.Request) -> web.Response:
        """A fresh access token of a seeded user: those of stack.json last a day."""
        running, _session = self._up()
        user = running.stack.users.get(request.match_info["user"])
        if user is None:
            raise web.HTTPNotFound
        client = running.emulator.client("cognito-idp")
        return web.json_response({"token": await asyncio.to_thread(users.sign_in, client, running.stack.cognito, user)})

    async def _paid(self, request: web.Request) -> web.Response:
        """Where Checkout posts its three fields after a payment: the page confirms it with them."""
        fields = {name: str(value) for name, value in (await request.post()).items()}
        raise web.HTTPSeeOther("/#" + urlencode({"paid": request.match_info["registration"], **fields}))

    async def _mail(self, request: web.Request) -> web.Response:
        running, session = self._up()
        try:
            found = await sent_messages.read(session, running.emulator.endpoint)
        except ClientError as error:
            raise web.HTTPServiceUnavailable(text="The emulator is restarting.") from error
        return _page_or_json(request, "mail.html", mailbox=found)

    async def _metrics(self, request: web.Request) -> web.Response:
        running, _session = self._up()
        found = await asyncio.to_thread(metrics.read, running.emulator, f"/aws/lambda/{STACK}")
        return _page_or_json(request, "metrics.html", metrics=found)

    async def _schedule(self, request: web.Request) -> web.Response:
        running, _session = self._up()
        function = request.match_info["function"]
        schedule = running.schedules.get(function.replace("-", "_"))
        if schedule is None:
            known = sorted(running.schedules)
            return web.json_response({"detail": f"{function} has no schedule", "known": known}, status=404)
        try:
            answer = await asyncio.to_thread(schedules.fire, running.emulator, schedule)
        except schedules.FunctionError as error:
            return web.json_response({"detail": "the function failed", "error": str(error)}, status=502)
        return web.json_response(answer)

    async def _knobs(self, request: web.Request) -> web.Response:
        running, session = self._up()
        url = running.stack.razorpay_url + request.raw_path.removeprefix("/_local/razorpay")
        return await forwarding.forward(request, session, url)

    async def _razorpay(self, request: web.Request) -> web.Response:
        running, _session = self._up()
        raise web.HTTPTemporaryRedirect(running.stack.razorpay_url + request.path_qs.removeprefix("/razorpay"))


def _is_loopback(origin: str | None) -> bool:
    return urlsplit(origin or "").hostname in {"localhost", "127.0.0.1", "::1"}


def _page_or_json(request: web.Request, template: str, **value: BaseModel) -> web.Response:
    """The page for a browser, the value itself for a program."""
    if "text/html" in request.headers.get("Accept", ""):
        return _html(template, **value)
    (document,) = value.values()
    return web.Response(text=document.model_dump_json(by_alias=True), content_type="application/json")


def _html(template: str, **values: object) -> web.Response:
    return web.Response(text=PAGES.get_template(template).render(**values), content_type="text/html")
