"""Answers are not kept, not guessed at and not framed; bodies that nobody can read are the caller's fault."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from shared.auth import groups_of
from tests.access.routes import Route, routes
from tests.access.world import ANN, CALLER, NOBODY, World
from tests.deployed import Answer

FORMS = (
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x", "MULTIPART/form-data",
    "application/x-www-form-urlencoded", "text/html", "application/json; charset=utf-7", "application/", "\x00", "",
)  # fmt: skip
BODIES = ("{}", "", "--x\r\n" * 500, "[" * 5_000, "{" + ",".join(f'"{n}":1' for n in range(20_000)) + "}")
MAX_REFUSAL_BYTES = 32 * 1024


def unsafe(route: Route, headers: Mapping[str, str]) -> Iterator[str]:
    """What of an answer's headers lets it be kept, guessed at or framed."""
    kept = headers.get("cache-control", "")
    if "no-store" not in kept and not (route.who == "everybody" and "public" in kept):
        yield f"{route} may be kept: {kept!r}"
    if headers.get("x-content-type-options") != "nosniff":
        yield f"{route} may be guessed at"
    if "frame-ancestors 'none'" not in headers.get("content-security-policy", ""):
        yield f"{route} may be framed"


def test_no_answer_is_kept_guessed_at_or_framed(world: World) -> None:
    found: list[str] = []
    for route in routes():
        for caller in (CALLER[route.who], NOBODY):
            found += unsafe(route, world.ask(route, caller).headers)
    assert found == []


@pytest.mark.parametrize("missing", ["cache-control", "x-content-type-options", "content-security-policy"])
def test_a_missing_header_is_found(missing: str) -> None:
    safe = {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    }
    route = next(each for each in routes() if each.who == "user")
    assert list(unsafe(route, safe)) == []
    assert list(unsafe(route, safe | {missing: ""}))


def ask_with(world: World, route: Route, content_type: str, body: str) -> Answer:
    caller = CALLER[route.who]
    headers = {"content-type": content_type} | ({"authorization": f"Bearer {caller.bearer}"} if caller.bearer else {})
    return world.deployed.request(
        route.function, route.method, world.path(route, None).removeprefix("/functions/v1"), user=caller.user,
        groups=caller.groups, headers=headers, body=body.encode(),
    )  # fmt: skip


def test_no_body_or_content_type_is_our_fault_and_no_refusal_is_large(world: World) -> None:
    found: list[str] = []
    for route in routes():
        if route.method in ("POST", "PUT", "PATCH") and route.path != "/functions/v1/razorpay-webhook":
            for content_type in FORMS:
                for body in BODIES if content_type in FORMS[:2] or not content_type else BODIES[:3]:
                    answer = ask_with(world, route, content_type, body)
                    if answer.status >= 500 and answer.status != 503:
                        found.append(f"{route} answers {answer.status} to {content_type!r} {body[:20]!r}")
                    if answer.status >= 400 and len(answer.raw) > MAX_REFUSAL_BYTES:
                        found.append(f"{route} answers {len(answer.raw)} bytes to {content_type!r} {body[:20]!r}")
    assert found == []


def test_rights_are_judged_before_the_body(world: World) -> None:
    found: list[str] = []
    for route in routes():
        if route.who == "admin" and route.method in ("POST", "PUT", "PATCH"):
            answer = ask_with(world, route, "application/json", "[")
            assert answer.status in (400, 404, 409, 422, 200), (route, answer)
            headers = {"content-type": "application/json"}
            path = world.path(route, None).removeprefix("/functions/v1")
            refused = world.deployed.request(
                route.function, route.method, path, user=ANN.user, headers=headers, body=b"["
            )
            if refused.status != 403:
                found.append(f"{route} answers {refused.status} to a student with a broken body")
    assert found == []
    assert replace(routes()[0]).path


def test_browsers_that_came_by_tls_are_told_to_stay_there(world: World) -> None:
    route = next(each for each in routes() if each.who == "user")
    assert "strict-transport-security" not in world.ask(route, NOBODY).headers
    world.deployed.set(HSTS_SECONDS="31536000")
    try:
        assert world.ask(route, NOBODY).headers["strict-transport-security"] == "max-age=31536000"
    finally:
        world.deployed.set(HSTS_SECONDS="0")


@pytest.mark.parametrize(
    ("claim", "groups"),
    [("[student admin]", {"student", "admin"}), ("[x,admin]", {"x,admin"}), (["a"], {"a"}), ("[]", set[str]())],
)
def test_a_group_is_known_by_its_whole_name(claim: object, groups: set[str]) -> None:
    assert groups_of({"cognito:groups": claim}) == groups
