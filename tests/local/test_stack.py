"""What `make up` promises: one address, the contract of stack.json, and the whole journey."""

import hashlib
import hmac
import json
import re
from typing import Any

import psycopg
import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.__main__ import demonstrate
from local.demo import enrolment
from local.demo.journey import Journey, StepFailedError
from local.demo.run import STEPS, take
from local.seed import FREE
from tests.local.running_stack import RunningStack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

CONTRACT = {
    "baseUrl", "databaseUrl", "appDatabaseUrl", "awsEndpointUrl", "razorpayUrl", "webSocketUrl", "webhookSecret",
    "serviceRoleKey", "razorpayKeyId", "razorpayKeySecret", "cognito", "users", "functions",
}  # fmt: skip


def test_stack_json_has_the_shape_of_the_contract(stack: RunningStack) -> None:
    written = json.loads((stack.folder / "stack.json").read_bytes())

    assert set(written) == CONTRACT | {"workerDatabaseUrl", "checkoutScriptUrl"}
    assert set(written["cognito"]) == {"userPoolId", "clientId"}
    assert set(written["users"]) == {"student", "student2", "student3", "admin"}
    assert all(set(user) == {"id", "email", "password", "token"} for user in written["users"].values())
    assert written["functions"]["razorpay_webhook"] == "crash-course-razorpay-webhook"
    assert (stack.folder / "stack.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("user", ["student", "student2", "student3", "admin"])
def test_a_token_of_stack_json_is_accepted(stack: RunningStack, user: str) -> None:
    assert stack.call("GET", "registrations", user).status_code == 200


def test_no_token_and_a_forged_token_are_refused(stack: RunningStack) -> None:
    url = f"{stack.file.base_url}/functions/v1/registrations"
    header, claims, signature = stack.file.users["student"].token.split(".")
    forged = f"{header}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"

    assert requests.get(url, timeout=40).status_code == 401
    assert requests.get(url, headers={"Authorization": f"Bearer {forged}"}, timeout=40).status_code == 401


@pytest.mark.parametrize("url", ["app_database_url", "worker_database_url"])
def test_the_functions_log_in_as_roles_that_own_nothing(stack: RunningStack, url: str) -> None:
    query = "select rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = current_user"
    with psycopg.connect(getattr(stack.file, url)) as connection:
        assert connection.execute(query).fetchone() == (False,)


def test_the_whole_demo_comes_true(stack: RunningStack) -> None:
    demo = stack.run("demo")

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stdout.count("✓") == len(STEPS)


def test_a_step_that_is_not_true_fails_the_demo(
    stack: RunningStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.demo.run.STEPS", (enrolment.browse_courses, _untrue, enrolment.log_in))

    assert not take(_untrue, Journey(stack.file))
    assert stack_demo_in_process(stack, monkeypatch) == 1
    assert "✗" in capsys.readouterr().out


def _untrue(_: Journey) -> str:
    """is not so"""
    raise StepFailedError("it is not")


def stack_demo_in_process(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("LOCAL_STATE", str(stack.folder))
    return demonstrate()


def test_the_page_of_metrics_shows_what_the_functions_measured(stack: RunningStack) -> None:
    for _ in range(2):  # what a function wrote is in the emulator's log by its next invocation
        assert stack.call("GET", "registrations", "student").status_code == 200
    url = f"{stack.file.base_url}/_local/metrics"

    measured = {each["name"]: each["count"] for each in requests.get(url, timeout=40).json()["metrics"]}
    page = requests.get(url, headers={"Accept": "text/html"}, timeout=40).text

    assert measured["DatabaseTransactionTime"] > 0
    assert "DatabaseTransactionTime" in page
    assert "Delivered notifications" in page


def test_a_signed_webhook_arrives_byte_for_byte(stack: RunningStack) -> None:
    body = '{"entity":"event",  "event":"invoice.paid", "note":"\\u20b9 ünïcode \\ud83d\\ude00"}\n'.encode()

    assert deliver(stack, body, signature_of(stack, body)).json()["status"] == "ignored"
    assert deliver(stack, body + b" ", signature_of(stack, body)).status_code == 401


def test_a_body_over_ten_megabytes_is_refused_as_api_gateway_does(stack: RunningStack) -> None:
    answer = deliver(stack, b" " * (10 * 1024 * 1024 + 1), "0" * 64)

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})


def test_a_browser_of_an_allowed_origin_may_call(stack: RunningStack) -> None:
    asked = {"Origin": stack.file.base_url, "Access-Control-Request-Method": "POST"}
    url = f"{stack.file.base_url}/functions/v1/registrations"
    allowed = requests.options(url, headers=asked, timeout=40).headers
    refused = requests.options(url, headers={**asked, "Origin": "https://elsewhere.example"}, timeout=40).headers

    assert allowed["Access-Control-Allow-Origin"] == stack.file.base_url
    assert "authorization" in allowed["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in refused


def test_a_schedule_fired_by_hand_runs_the_deployed_function(stack: RunningStack) -> None:
    url = f"{stack.file.base_url}/_local/schedules"

    assert requests.post(f"{url}/send-notifications", timeout=90).json()["success"] is True
    assert requests.post(f"{url}/send_notifications", timeout=90).json()["success"] is True
    unknown = requests.post(f"{url}/nothing", timeout=90)
    assert (unknown.status_code, "send_notifications" in unknown.json()["known"]) == (404, True)


def test_the_mailbox_is_json_for_programs_and_a_page_for_people(stack: RunningStack) -> None:
    sent: dict[str, Any] = {
        "Source": "courses@example.com",
        "Destination": {"ToAddresses": ["reader@example.com"]},
        "Message": {"Subject": {"Data": "<b>Hello</b>"}, "Body": {"Html": {"Data": "<script>alert(1)</script>"}}},
    }
    stack.client("ses").send_email(**sent)
    url = f"{stack.file.base_url}/_local/mail"
    mail = requests.get(url, timeout=10).json()["emails"][0]
    page = requests.get(url, headers={"Accept": "text/html"}, timeout=10).text

    assert (mail["subject"], mail["to"], mail["html"]) == (
        "<b>Hello</b>", ["reader@example.com"], "<script>alert(1)</script>",
    )  # fmt: skip
    assert "<iframe sandbox" in page
    assert "&lt;b&gt;Hello" in page
    assert "<script>alert(1)" not in page


def test_the_code_of_a_sign_up_comes_in_the_readers_language(stack: RunningStack) -> None:
    email, pool = "hindi@example.com", stack.client("cognito-idp")
    who = {"ClientId": stack.file.cognito.client_id, "Username": email, "ClientMetadata": {"language": "hi"}}
    pool.sign_up(**who, Password="Long-Enough-1", UserAttributes=[{"Name": "email", "Value": email}])
    pool.resend_confirmation_code(**who)
    pool.forgot_password(ClientId=who["ClientId"], Username=email)

    mails = requests.get(f"{stack.file.base_url}/_local/mail", timeout=10).json()["emails"]
    subjects = [mail["subject"] for mail in mails if mail["to"] == [email]]

    assert subjects[1:] == ["पता सत्यापित करने के लिए आपका कोड"] * 2
    assert subjects[0].startswith("Your code for a new password / ")


def test_a_new_notification_is_pushed_to_an_open_websocket(stack: RunningStack) -> None:
    with connect(f"{stack.file.web_socket_url}?token={stack.file.users['student3'].token}") as socket:
        answer = stack.call("POST", "registrations", "student3", json={"eventId": str(FREE.id)})
        pushed = socket.recv(timeout=60)

    assert answer.status_code == 201
    assert FREE.title in str(pushed)


def test_a_websocket_without_a_token_is_refused(stack: RunningStack) -> None:
    with pytest.raises(InvalidStatus), connect(stack.file.web_socket_url):
        pass


def test_the_front_page_names_the_users_and_the_schedules(stack: RunningStack) -> None:
    page = requests.get(f"{stack.file.base_url}/", timeout=10).text

    assert "student2@example.com" in page
    assert '"release_expired_holds": "rate(5 minutes)"' in page


def test_the_keys_of_the_pool_are_where_the_functions_look_for_them(stack: RunningStack) -> None:
    name = stack.file.functions["account"]
    url = stack.client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"][
        "TOKEN_JWKS_URL"
    ]

    assert url == f"{stack.file.base_url}/.well-known/jwks.json"
    assert requests.get(url, timeout=10).json()["keys"][0]["kty"] == "RSA"


def signature_of(stack: RunningStack, body: bytes) -> str:
    return hmac.new(stack.file.webhook_secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(stack: RunningStack, body: bytes, signature: str) -> requests.Response:
    headers = {"Content-Type": "application/json", "X-Razorpay-Signature": signature}
    return requests.post(f"{stack.file.base_url}/functions/v1/razorpay-webhook", data=body, headers=headers, timeout=40)


def preflight(stack: RunningStack, origin: str) -> requests.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return requests.options(f"{stack.file.base_url}/functions/v1/registrations", headers=headers, timeout=40)


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]:3001"])
def test_a_page_on_any_loopback_port_may_call_the_api(stack: RunningStack, origin: str) -> None:
    allowed = preflight(stack, origin)
    assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (204, origin)
    assert "x-device-id" in allowed.headers["Access-Control-Allow-Headers"]
    answer = stack.call("GET", "registrations", headers={"Origin": origin})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://shop.example.com", "http://localhost.example.com", "null"])
def test_no_other_page_may(stack: RunningStack, origin: str) -> None:
    assert preflight(stack, origin).status_code == 403
    answer = stack.call("GET", "registrations", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_each_request_is_printed_with_the_id_that_finds_what_it_caused(stack: RunningStack) -> None:
    event = {"eventName": "course_viewed", "eventCategory": "navigation"}
    answer = stack.call("POST", "analytics-events", json={"events": [event]})
    request_id = answer.headers["apigw-requestid"]
    printed = rf"POST +/functions/v1/analytics-events  {answer.status_code}  \d+ ms  {request_id}\n"
    assert re.search(printed, stack.log.read_text())
    shown = eventually(lambda: stack.run("logs", REQUEST=request_id).stdout)
    assert re.fullmatch(r".*crash-course-analytics-events  INFO  events_tracked  accepted=1.*\n", shown)
    assert stack.run("logs", REQUEST="none-such").returncode == 1

    refused = stack.call("GET", "events/7c9e6679-7425-40de-944b-e07fc1f90ae7")
    assert refused.json()["requestId"] == refused.headers["apigw-requestid"]
