"""Values that must never be seen in a log or a refusal, and requests, events and rows that are full of them."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

from local.razorpay.payloads import payment_entity, webhook_body, webhook_headers
from tests.access.examples import body_of, query_of, resolved
from tests.access.routes import Route, routes
from tests.access.world import ANN, CALLER, World
from tests.deployed import KEY_SECRET, PREVIOUS_SECRET, SERVICE_KEY, WEBHOOK_SECRET, access_token, http_event
from tests.template.test_events import FILES, contents

EMAIL = "canary.kestrel@example.com"
PHONE = "+919870012345"
NAME = "Kestrel Canary"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOiJqd3QifQ.Y2FuYXJ5"
SIGNATURE = "ca9a5000" * 8
PASSWORD = "canary-password-of-the-database"
VPA = "canary.kestrel@okbank"
CARD = "5105105105105100"
BANK_REFERENCE = "998877665544"
UNSUBSCRIBE = "canary-token-to-unsubscribe"
CERTIFICATE = "token-of-certificate-000001"
DEVICE = "canary-device-0f3d"
IDEMPOTENCY = "canary-idempotency-key"
WORDS = "what a canary wrote"
CANARIES = {
    "email": EMAIL,
    "phone": PHONE,
    "name": NAME,
    "access token": TOKEN,
    "Razorpay's signature": SIGNATURE,
    "webhook secret": WEBHOOK_SECRET,
    "previous webhook secret": PREVIOUS_SECRET,
    "API key's secret": KEY_SECRET,
    "service bearer": SERVICE_KEY,
    "key of links": "link-key-of-the-tests",
    "key of devices": "device-key-of-the-tests",
    "database password": PASSWORD,
    "VPA": VPA,
    "card": CARD,
    "bank reference": BANK_REFERENCE,
    "token to unsubscribe": UNSUBSCRIBE,
    "certificate token": CERTIFICATE,
    "device": DEVICE,
    "idempotency key": IDEMPOTENCY,
    "what somebody wrote": WORDS,
}
ALL_OF_THEM = " ".join(CANARIES.values())
TOKENS = {"unsubscribe": UNSUBSCRIBE, "generate-certificate": CERTIFICATE}
HEADERS = {"x-device-id": DEVICE, "idempotency-key": IDEMPOTENCY, "x-razorpay-signature": SIGNATURE}
_serial = count(1)


def seen(text: str) -> set[str]:
    """The names of those that a text shows, plainly or as a URL or base64 writes them."""
    return {
        name
        for name, value in CANARIES.items()
        if value in text or quote(value, safe="") in text or base64.b64encode(value.encode()).decode() in text
    }


@dataclass(frozen=True)
class Call:
    """One invocation; `module` holds its `lambda_handler`."""

    name: str
    function: str
    event: dict[str, Any]
    module: str = "handler"


def plant(world: World) -> None:
    """Into ann's rows, what arrived about her, and what waits to be sent to her."""
    with world.deployed.database.look() as conn:
        conn.execute("set session_replication_role = replica")  # what arrived cannot be changed
        conn.execute(
            "update profiles set email = %s, phone = %s, full_name = %s where id = %s", (EMAIL, PHONE, NAME, ANN.user)
        )
        conn.execute(
            "update webhook_logs set body = %s, headers = %s where event_id = 'evt_1'", (paid(), json.dumps(HEADERS))
        )
        conn.execute("update event_feedback set comments = %s", (WORDS,))


def make_due(world: World) -> None:
    """Something to send to ann by every way, and a refund to make."""
    world.deployed.rows("update refunds set status = default, razorpay_refund_id = null, next_attempt_at = now()")
    for way in ("email", "sms", "in_app"):
        world.deployed.rows(
            "insert into notifications_queue (user_id, type, channel, template, dedupe_key, data)"
            " values (%s, %s, 'transactional', 'broadcast', %s, %s)",
            ANN.user,
            way,
            f"canary {next(_serial)}",
            json.dumps({"eventTitle": WORDS, "title": WORDS, "message": WORDS}),
        )


def paid(order_id: str = "order_1", amount: int = 49_900) -> bytes:
    card = {"id": "card_1", "name": NAME, "number": CARD, "last4": CARD[-4:], "network": "Visa"}
    payment = payment_entity(
        status="captured",
        id="pay_1",
        order_id=order_id,
        amount=amount,
        email=EMAIL,
        contact=PHONE,
        vpa=VPA,
        card=card,
        acquirer_data={"rrn": BANK_REFERENCE, "upi_transaction_id": BANK_REFERENCE},
        created_at=next(_serial),
        notes={"said": WORDS},
    )
    return webhook_body("payment.captured", payment=payment)


def calls(world: World) -> Iterator[Call]:
    """Every route, as it should be called and with all of it wrong; every delivery, trigger and schedule."""
    for route in routes():
        body = fitting(route.body) if route.body else None
        ids = "ann" if route.who in ("user", "admin") else None
        yield asked(world, route, ids, body, query_of(route) | fitting_query(route))
        yield asked(world, route, None, misfit(body), dict.fromkeys((*query_of(route), "limit", "cursor"), EMAIL))
    yield from purchases(world)
    yield from deliveries()
    yield from triggers()


def asked(world: World, route: Route, ids: str | None, body: Any, query: dict[str, str]) -> Call:
    caller = CALLER[route.who]
    headers = HEADERS | {"authorization": f"Bearer {caller.bearer or TOKEN}"}
    claims = access_token(caller.user, *caller.groups, email=EMAIL) if caller.user else None
    path = world.path(route, ids).removeprefix("/functions/v1")
    event = http_event(route.method, path, claims=claims, headers=headers, query=query, body=body)
    return Call(str(route), route.function, event)


def fitting(schema: dict[str, Any]) -> Any:
    """The valid example with canaries where people write or say who they are."""
    example = body_of_schema(schema)
    if not isinstance(example, dict):
        return example
    for name, described in resolved(schema).get("properties", {}).items():
        field = next((each for each in described.get("anyOf", [described]) if each.get("type") == "string"), {})
        if name == "email":
            example[name] = f"not.{EMAIL}"  # whose own it is could be erased by it
        elif field and not field.keys() & {"enum", "format", "pattern", "const"}:
            example[name] = WORDS[: field.get("maxLength", len(WORDS))]
    return example


def body_of_schema(schema: dict[str, Any]) -> Any:
    return body_of(Route("POST", "", "", {"requestBody": {"content": {"application/json": {"schema": schema}}}}))


def fitting_query(route: Route) -> dict[str, str]:
    named = {each["name"] for each in route.parameters("query")}
    given = {"token": TOKENS.get(route.path.removeprefix("/functions/v1/").split("/")[0], UNSUBSCRIBE), "email": EMAIL}
    return {name: value for name, value in given.items() if name in named}


def misfit(body: Any) -> Any:
    """The same fields with what does not fit, and two that nobody asked for."""
    fields = body if isinstance(body, dict) else {}
    return {name: {"odd": EMAIL} for name in fields} | {"contact": PHONE, "token": TOKEN}


def purchases(world: World) -> Iterator[Call]:
    """Of ann: a seat, and an order for one that she has."""
    assert ANN.user
    seat = world.deployed.registration(ANN.user, world.deployed.event())
    body = {"eventId": str(world.deployed.event())}
    for path, given in (("registrations", body), (f"registrations/{seat}/payment", None)):
        event = http_event("POST", path, claims=access_token(ANN.user), headers=HEADERS, body=given)
        yield Call(f"purchase by {path.partition('/')[2] or path}", "registrations", event)


def deliveries() -> Iterator[Call]:
    forged = {"X-Razorpay-Signature": SIGNATURE}
    broken = f'{{"vpa": "{VPA}"'.encode()
    for name, body, changes in (
        ("delivery", paid(), {}),
        ("delivery of too much", paid(amount=1), {}),
        ("delivery about nothing", paid("order_of_nobody"), {}),
        ("delivery that is no JSON", broken, {}),
        ("forged delivery", paid(), forged),
    ):
        headers = webhook_headers(body, WEBHOOK_SECRET) | changes
        event = http_event("POST", "razorpay-webhook", headers=headers, body=body)
        yield Call(name, "razorpay_webhook", event)


def triggers() -> Iterator[Call]:
    """What schedules, queues and AWS itself send, by the files of events/."""
    for file in FILES:
        event, function = contents(file), file.parent.name
        if "routeKey" not in event and function != "migrate_database":
            module = "job" if function in ("generate_certificate", "analytics_events") else "handler"
            yield Call(f"{function}/{file.stem}", function, planted(event), module)
    attributes = {"sub": str(ANN.user), "email": EMAIL, "name": NAME * 50, "phone_number": PHONE}
    yield Call("profiles/wrongly", "profiles", {"request": {"userAttributes": attributes | {"email": ""}}})
    yield Call("profiles/another's", "profiles", {"request": {"userAttributes": attributes | {"sub": EMAIL}}})
    yield Call("realtime/wrongly", "realtime", {"queryStringParameters": {"token": TOKEN}, "requestContext": EMAIL})
    yield Call("send_notifications/wrongly", "send_notifications", {"Records": [{"messageId": "1", "body": EMAIL}]})


def planted(event: Any) -> Any:
    """The same event about the canary."""
    match event:
        case dict():
            named: Mapping[str, Any] = event
            return {name: TOKEN if name == "token" else planted(value) for name, value in named.items()}
        case list():
            return [planted(each) for each in event]
        case str():
            return event.replace("asha@example.com", EMAIL).replace("gone@example.com", EMAIL).replace("Asha Rao", NAME)
        case _:
            return event
