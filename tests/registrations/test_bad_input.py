"""What is not a request of a user of this platform: a 4xx with a clear problem body, and nothing changed."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from local.postgres import Cluster
from tests.conftest import cloned
from tests.deployed import Answer, DeployedFunctions, access_token, http_event, running

ROUTES = (
    ("GET", "registrations", None),
    ("GET", "payments", None),
    ("GET", "registrations/{id}", None),
    ("POST", "registrations", {"eventId": str(uuid4())}),
    ("POST", "registrations/{id}/payment", None),
    ("POST", "registrations/{id}/cancel", None),
    (
        "POST",
        "registrations/{id}/verify-payment",
        {
            "razorpay_payment_id": "pay_AAAAAAAAAAAAAA",
            "razorpay_order_id": "order_AAAAAAAAAAAAAA",
            "razorpay_signature": "0" * 64,
        },
    ),
)


@pytest.fixture(scope="module")
def deployed(cluster: Cluster, template: str) -> Iterator[DeployedFunctions]:
    """One platform for all of these: whatever they send, they change nothing."""
    with cloned(cluster, template) as database, pytest.MonkeyPatch.context() as patch, running(database, patch) as it:
        yield it


def is_problem(answer: Answer, status: int) -> bool:
    return (
        answer.status == status == answer.body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and bool(answer.body["requestId"])
        and set(answer.body) - {"errors"} == {"type", "title", "status", "detail", "code", "requestId"}
    )


def register(deployed: DeployedFunctions, body: object, **more: Any) -> Answer:
    return deployed.request("registrations", "POST", "registrations", user=uuid4(), body=body, **more)


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize(
    "claims",
    [
        None,
        {},
        access_token(uuid4(), token_use="id"),
        access_token(uuid4(), token_use=None),
        access_token(uuid4(), client_id="another-client"),
        access_token(uuid4(), client_id=None, aud="client-of-the-tests"),
        access_token(uuid4(), client_id=""),
        access_token(uuid4(), sub="not-a-uuid"),
        access_token(uuid4(), sub=None),
    ],
)
def test_without_an_access_token_of_this_platform_it_is_401(
    deployed: DeployedFunctions, method: str, path: str, body: object, claims: dict[str, str] | None
) -> None:
    answer = deployed.request("registrations", method, path.format(id=uuid4()), claims=claims, body=body)
    assert is_problem(answer, 401)
    assert answer.body["code"] == "unauthenticated"


@pytest.mark.parametrize("authorizer", [None, {}, {"jwt": None}, {"jwt": {"claims": None}}])
def test_an_authorizer_that_says_nothing_is_401(deployed: DeployedFunctions, authorizer: object) -> None:
    event = http_event("GET", "registrations")
    event["requestContext"]["authorizer"] = authorizer
    assert is_problem(Answer.of(deployed.invoke("registrations", event)), 401)


@pytest.mark.parametrize(("method", "path", "body"), [route for route in ROUTES if "{id}" in route[1]])
def test_somebody_elses_registration_and_an_unknown_one_are_the_same_404(
    deployed: DeployedFunctions, method: str, path: str, body: Any
) -> None:
    theirs = deployed.registration(deployed.profile(), deployed.event())
    order = deployed.order(theirs)
    if isinstance(body, dict):
        body |= {"razorpay_order_id": order}
    me = deployed.profile()

    def ask(registration: UUID) -> Answer:
        return deployed.request("registrations", method, path.format(id=registration), user=me, body=body)

    answers = [ask(theirs), ask(uuid4())]
    assert all(is_problem(answer, 404) for answer in answers)
    bodies = {answer.raw.replace(answer.body["requestId"], "") for answer in answers}
    assert len(bodies) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert deployed.row("select status from registrations where id = %s", theirs) == {"status": "pending"}


def test_nobody_sees_the_registrations_and_payments_of_others(deployed: DeployedFunctions) -> None:
    deployed.paid_order(deployed.confirmed(deployed.profile(), deployed.event(status="completed")))
    me = deployed.profile()
    for path, listed in (("registrations", "registrations"), ("payments", "payments")):
        assert deployed.request("registrations", "GET", path, user=me).body[listed] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "eventId"),
        ({"eventId": None}, "eventId"),
        ({"eventId": ""}, "eventId"),
        ({"eventId": 7}, "eventId"),
        ({"eventId": ["a"]}, "eventId"),
        ({"eventId": "7"}, "eventId"),
        ({"eventId": str(uuid4()), "amount": 1}, "amount"),
        ({"eventId": str(uuid4()), "status": "confirmed"}, "status"),
        ({"eventId": str(uuid4()), "userId": str(uuid4())}, "userId"),
        ({"eventId": str(uuid4()), "referralCode": "a b"}, "referralCode"),
        ({"eventId": str(uuid4()), "referralCode": "A" * 21}, "referralCode"),
        ({"eventId": str(uuid4()), "referralCode": {"$gt": ""}}, "referralCode"),
        ({"eventId": str(uuid4()), "referralCode": 12345}, "referralCode"),
    ],
)
def test_a_missing_unknown_or_wrong_field_is_422_and_named(
    deployed: DeployedFunctions, body: object, field: str
) -> None:
    answer = register(deployed, body)
    assert is_problem(answer, 422)
    assert [error["field"] for error in answer.body["errors"]] == [field]


@pytest.mark.parametrize("body", [[], "text", 5, True, None, [{"eventId": str(uuid4())}]])
def test_json_that_is_no_object_is_422(deployed: DeployedFunctions, body: object) -> None:
    assert is_problem(register(deployed, json.dumps(body)), 422)


def test_a_request_without_a_body_is_422(deployed: DeployedFunctions) -> None:
    assert is_problem(register(deployed, None), 422)
    assert is_problem(register(deployed, ""), 422)


@pytest.mark.parametrize("path", ["registrations/not-a-uuid", "registrations/7"])
def test_an_id_that_is_none_is_422(deployed: DeployedFunctions, path: str) -> None:
    assert is_problem(deployed.request("registrations", "GET", path, user=uuid4()), 422)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"cursor": "é"},
        {"cursor": "AAAA"},
        {"cursor": "A" * 201},
        {"cursor": base64.urlsafe_b64encode(b"2026-01-01T00:00:00 " + b"0" * 32).decode()},
        {"cursor": "\x00"},
    ],
)
def test_a_page_that_cannot_be_is_422(deployed: DeployedFunctions, query: dict[str, str]) -> None:
    for function, path in (("registrations", "registrations"), ("registrations", "payments"), ("events", "events")):
        assert is_problem(deployed.request(function, "GET", path, user=uuid4(), query=query), 422), (path, query)


NOT_JSON: tuple[bytes, ...] = (
    b"{",
    b"eventId=1",
    b"{'eventId': 1}",
    b'{"eventId": NaN}',
    b'{"eventId": Infinity}',
    b'{"eventId": "\\u0000"}',
    b'{"eventId": "\\ud800"}',
    b'{"eventId": ' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b"\xff\xfe",
    '{"eventId": "1"}'.encode("utf-16"),
    b"\x00",
    b" ",
)


@pytest.mark.parametrize("body", NOT_JSON)
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", ""])
def test_a_body_that_is_not_json_is_400(deployed: DeployedFunctions, body: bytes, content_type: str) -> None:
    answer = register(deployed, body, as_base64=True, headers={"content-type": content_type})
    assert is_problem(answer, 400)
    assert answer.body["code"] == "not_json"


@pytest.mark.parametrize("content_type", ["text/plain", "text/xml", "application/octet-stream", "x", "\x00"])
def test_a_body_of_another_kind_is_400(deployed: DeployedFunctions, content_type: str) -> None:
    body = {"eventId": str(uuid4())}
    assert is_problem(register(deployed, body, headers={"content-type": content_type}), 400)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_is_no_registration(deployed: DeployedFunctions, content_type: str) -> None:
    answer = register(deployed, "eventId=7", headers={"content-type": content_type})
    assert answer.status in (400, 422)


def test_base64_that_is_none_is_400(deployed: DeployedFunctions) -> None:
    event = http_event("POST", "registrations", claims=access_token(uuid4()), body={"eventId": "1"})
    answer = Answer.of(deployed.invoke("registrations", event | {"isBase64Encoded": True}))
    assert is_problem(answer, 400)


@pytest.mark.parametrize("as_base64", [False, True])
@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 422), (1024 * 1024 + 1, 413), (6_000_000, 413)])
def test_a_body_over_a_megabyte_is_413_before_it_is_read(
    deployed: DeployedFunctions, size: int, status: int, as_base64: bool
) -> None:
    body = '{"eventId":"' + "x" * (size - 14) + '"}'
    assert len(body) == size
    assert is_problem(register(deployed, body, as_base64=as_base64), status)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "registrations/x/y/z"), ("PUT", "registrations"), ("GET", "nothing"), ("GET", "")]
)
def test_an_unknown_path_is_404(deployed: DeployedFunctions, method: str, path: str) -> None:
    assert is_problem(deployed.request("registrations", method, path, user=uuid4()), 404)


def test_a_request_without_headers_is_answered(deployed: DeployedFunctions) -> None:
    event = http_event("GET", "registrations", claims=access_token(deployed.profile()))
    for headers in ({}, None):
        answer = Answer.of(deployed.invoke("registrations", event | {"headers": headers}))
        assert answer.status == 200, answer
