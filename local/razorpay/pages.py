"""Pages for people: a checkout that pays, fails or abandons an order, and an overview with the knobs.

A program gets JSON from the same checkout addresses: Checkout's three signed fields, or its error object.
"""

from pathlib import Path
from typing import get_args
from urllib.parse import quote

import jinja2
from aiohttp import web

from local.razorpay import control, errors
from local.razorpay.control import EventLoopRunner
from local.razorpay.entities import Entity
from local.razorpay.faults import FaultKind
from local.razorpay.store import public

CHECKOUT_SCRIPT = "/v1/checkout.js"
"""As https://checkout.razorpay.com has it."""
_ROWS_SHOWN = 50
_UNKNOWN_KEY = {"code": "BAD_REQUEST_ERROR", "description": "The api key provided is invalid"}
_KNOB_OF_ACTION = {"pay": "pay", "fail": "fail", "late-authorise": "late_authorise"}


def _money(amount: int, currency: str) -> str:
    """Paise as people write them; yen have no hundredth, dinars have a thousandth."""
    digits = {"JPY": 0, "KWD": 3, "BHD": 3, "OMR": 3}.get(currency, 2)
    return f"{currency} {amount / 10**digits:,.{digits}f}"


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


def add_routes(app: web.Application, fake: EventLoopRunner) -> None:
    pages = Pages(fake)
    app.router.add_get("/", pages.overview)
    app.router.add_get(CHECKOUT_SCRIPT, pages.script)
    app.router.add_get("/checkout/{order_id}", pages.checkout)
    app.router.add_post("/checkout/{order_id}/{action:pay|fail|late-authorise}", pages.act)


class Pages:
    """The pages of one fake."""

    def __init__(self, fake: EventLoopRunner) -> None:
        self._fake: EventLoopRunner = fake

    async def script(self, _request: web.Request) -> web.Response:
        text = Path(__file__).with_name("checkout.js").read_text()
        return web.Response(text=text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def checkout(self, request: web.Request) -> web.Response:
        """Amount and buttons; `callback_url` receives the fields after a payment, `redirect` is offered.

        `opener` is the origin of a page that shows this one in a frame, and is told what happens.
        """
        if request.query.get("key", self._fake.account.settings.key_id) != self._fake.account.settings.key_id:
            return _outcome(request, error=_UNKNOWN_KEY, status=401)
        order = self._fake.account.store.get("order", request.match_info["order_id"])
        if order is None:
            error = {"code": "BAD_REQUEST_ERROR", "description": errors.UNKNOWN_ID}
            return _outcome(request, error=error, status=400)
        return _page("checkout.html", order=public(order), **_way_back(request))

    async def act(self, request: web.Request) -> web.Response:
        """What the student does at Checkout. A late authorisation looks like a failure to the student."""
        _way_back(request)  # Refused before any money moves.
        order_id = request.match_info["order_id"]
        knob = _KNOB_OF_ACTION[request.match_info["action"]]
        try:
            payment: Entity = await control.turn(self._fake, knob, {"order_id": order_id})
        except errors.RazorpayError as problem:
            return _outcome(request, error=problem.body["error"], status=problem.status)
        if knob == "pay":
            turned = await control.turn(
                self._fake, "checkout_fields", {"order_id": order_id, "payment_id": payment["id"]}
            )
            return _outcome(request, fields=turned)
        return _outcome(request, error=errors.payment_failed(payment["id"], order_id))

    async def overview(self, _request: web.Request) -> web.Response:
        account = self._fake.account
        store = account.store
        return _page(
            "index.html",
            settings=account.settings,
            held=account.courier.held,
            disabled=account.outbox.is_disabled(),
            faults=get_args(FaultKind.__value__),
            orders=store.all("order")[: -_ROWS_SHOWN - 1 : -1],
            payments=store.all("payment")[: -_ROWS_SHOWN - 1 : -1],
            others=[
                {"payment_id": None, "currency": None} | entity
                for entity in store.all("refund") + store.all("dispute") + store.all("settlement")
            ][: -_ROWS_SHOWN - 1 : -1],
            deliveries=account.outbox.deliveries()[: -_ROWS_SHOWN - 1 : -1],
        )


def _way_back(request: web.Request) -> Entity:
    """Where the checkout returns to; only web addresses, since the page links to them."""
    given = {name: request.query.get(name, "") for name in ("callback_url", "redirect", "opener")}
    for name, value in given.items():
        if value and not value.startswith(("http://", "https://")):
            raise errors.invalid(f"The {name} must be an http or https address.", name)
    query = request.rel_url.raw_query_string
    address = f"/checkout/{quote(request.match_info['order_id'], safe='')}"
    return given | {"address": address, "query": f"?{query}" if query else ""}


def _outcome(
    request: web.Request, *, fields: Entity | None = None, error: Entity | None = None, status: int = 200
) -> web.Response:
    if "text/html" not in request.headers.get("Accept", ""):
        return web.json_response(fields or {"error": error}, status=status)
    return _page("outcome.html", status, fields=fields, error=error, **_way_back(request))


def _page(template: str, status: int = 200, **values: object) -> web.Response:
    text = _TEMPLATES.get_template(template).render(values, money=_money)
    # Replaced, because a client may have named an order with what UTF-8 cannot hold (a lone surrogate).
    body = text.encode(errors="replace")
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8")
