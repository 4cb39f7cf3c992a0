"""Walks through a deployed stack and ends with the first thing that is wrong: `python -m tools.smoke [<stage>]`.

A canary student takes a free canary course from registration to certificate, while a canary administrator runs it.
Both are users of the pool, disabled between walks, whose mail goes to Amazon's mailbox simulator. What a walk leaves: a
completed course without a price, its registration, and a revoked certificate.
"""

import base64
import hashlib
import hmac
import json
import secrets
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from tools.stacks import DeployedStack

Json = dict[str, Any]
STUDENT, ADMIN = "success+canary@simulator.amazonses.com", "success+canary-admin@simulator.amazonses.com"
"""https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html: delivered, and counted nowhere."""
COURSE_SECONDS = 60
METRIC_SECONDS = 300
"""CloudWatch shows what a log line measured within minutes."""


class SmokeError(Exception):
    """Something is not as it must be."""


@dataclass
class Walk:
    """One walk; each step reads and adds to it."""

    stack: DeployedStack
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    course: Json = field(default_factory=dict[str, Any])
    registration: Json = field(default_factory=dict[str, Any])
    certificate: Json = field(default_factory=dict[str, Any])

    def call(self, method: str, path: str, body: Json | None = None, *, user: str = "", status: int = 200) -> Json:
        """The API's answer; raises SmokeError on another status."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        answer = self.send(method, path, json=body, headers=headers)
        expect(answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, f"{self.stack.base_url}/functions/v1/{path}", timeout=40, **more)

    def invoke(self, function: str, event: Json) -> Json:
        """What a function answers; raises SmokeError when it fails."""
        name = self.stack.function(function)
        answer = self.stack.client("lambda").invoke(FunctionName=f"{name}:live", Payload=json.dumps(event))
        result = json.loads(answer["Payload"].read() or b"null")
        expect("FunctionError" not in answer, f"{name} failed: {json.dumps(result)[:300]}")
        return result


def expect(true: object, otherwise: str) -> None:
    if not true:
        raise SmokeError(otherwise)


def look_at_health(walk: Walk) -> str:
    """health"""
    health = walk.call("GET", "health")
    expect(health["status"] == "ok", f"it says {health}")
    return f"build {health['build']}, database {health['database']}, migrations {health['migrations']}"


def look_at_public_routes(walk: Walk) -> str:
    """what everybody may see, and what nobody may without a token"""
    events = walk.call("GET", "events")["events"]
    walk.call("GET", "openapi.json")
    walk.call("GET", f"generate-certificate?token={secrets.token_urlsafe(32)}", status=404)
    for path in ("registrations", "admin/audit-logs"):
        refused = walk.send("GET", path).status_code
        expect(refused == 401, f"GET {path} without a token: {refused}")
    return f"{len(events)} courses on sale"


def deliver_webhook(walk: Walk) -> str:
    """a signed test delivery, its repetition, and a forged one"""
    body = json.dumps({"entity": "event", "event": "canary.ping", "contains": [], "payload": {}}).encode()
    event_id, key = f"canary_{secrets.token_hex(8)}", webhook_secret(walk.stack).encode()
    signed = {"x-razorpay-signature": hmac.new(key, body, hashlib.sha256).hexdigest()}
    statuses: list[str] = []
    for signature in (signed, signed, {"x-razorpay-signature": "0" * 64}):
        headers = {"content-type": "application/json", "x-razorpay-event-id": event_id, **signature}
        answer = walk.send("POST", "razorpay-webhook", data=body, headers=headers)
        statuses.append(answer.json()["status"] if answer.ok else str(answer.status_code))
    expect(statuses == ["ignored", "duplicate", "401"], f"they were answered {statuses}")
    return ", ".join(statuses)


def webhook_secret(stack: DeployedStack) -> str:
    if stack.local:
        return stack.local.webhook_secret
    value = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs["RazorpayWebhookSecretArn"])
    return json.loads(value["SecretString"])["secret"]


def sign_in(walk: Walk) -> str:
    """the canary student and administrator sign in, the latter with a second factor"""
    pool = walk.stack.client("cognito-idp")
    password = make_user(walk.stack, pool, STUDENT)
    walk.tokens["student"] = first_step(walk.stack, pool, STUDENT, password)["AuthenticationResult"]["AccessToken"]
    password = make_user(walk.stack, pool, ADMIN)
    walk.invoke("administrators", {"source": "operator", "email": ADMIN})
    token = first_step(walk.stack, pool, ADMIN, password)["AuthenticationResult"]["AccessToken"]
    secret = pool.associate_software_token(AccessToken=token)["SecretCode"]
    pool.verify_software_token(AccessToken=token, UserCode=totp(secret, time.time()))
    pool.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
    challenge = first_step(walk.stack, pool, ADMIN, password)
    expect(challenge.get("ChallengeName") == "SOFTWARE_TOKEN_MFA", f"no second factor was asked for: {challenge}")
    time.sleep(30 - time.time() % 30 + 1)  # Cognito takes a code once
    answered = pool.respond_to_auth_challenge(
        ClientId=walk.stack.outputs["UserPoolClientId"],
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": ADMIN, "SOFTWARE_TOKEN_MFA_CODE": totp(secret, time.time())},
    )
    walk.tokens["admin"] = answered["AuthenticationResult"]["AccessToken"]
    walk.call("GET", "admin/audit-logs?limit=1", user="admin")
    refused = walk.send("GET", "admin/audit-logs", headers={"Authorization": f"Bearer {walk.tokens['student']}"})
    expect(refused.status_code == 403, f"the student was answered {refused.status_code} as an administrator")
    return "the administrator's routes are open to one of them"


def make_user(stack: DeployedStack, pool: Any, email: str) -> str:
    """Create or enable a canary, without a second factor; returns its new password."""
    who = {"UserPoolId": stack.outputs["UserPoolId"], "Username": email}
    password = f"Canary-{secrets.token_urlsafe(24)}-1"
    attributes = {"email": email, "email_verified": "true", "name": "Canary"}
    try:
        pool.admin_create_user(
            **who,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
    except pool.exceptions.UsernameExistsException:
        pool.admin_enable_user(**who)
        pool.admin_set_user_mfa_preference(**who, SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False})
    pool.admin_set_user_password(**who, Password=password, Permanent=True)
    return password


def first_step(stack: DeployedStack, pool: Any, email: str, password: str) -> Json:
    return pool.initiate_auth(
        ClientId=stack.outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )


def totp(secret: str, at: float) -> str:
    """The code of an authenticator app at a Unix time; RFC 6238."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def take_course(walk: Walk) -> str:
    """a free course: published, booked, attended"""
    now = datetime.now(UTC)
    ends_at = (now + timedelta(seconds=COURSE_SECONDS)).isoformat()
    times = {"startsAt": (now + timedelta(seconds=COURSE_SECONDS / 3)).isoformat(), "endsAt": ends_at}
    course = {"title": "Canary course", "category": "technical", "capacity": 1, "salesEndAt": ends_at}
    walk.course = walk.call("POST", "admin/events", course | times, user="admin", status=201)["event"]
    walk.call("POST", f"admin/events/{walk.course['id']}/publish", user="admin")
    booked = walk.call("POST", "registrations", {"eventId": walk.course["id"]}, user="student", status=201)
    walk.registration = booked["registration"]
    state = (walk.registration["status"], walk.registration["paymentStatus"])
    expect(state == ("confirmed", "free"), f"the registration is {state}")
    stay = {"registrationId": walk.registration["id"], "eventId": walk.course["id"]}
    attended = walk.call("POST", "session-management?action=checkin", stay, user="student", status=201)["attendance"]
    walk.call("POST", "session-management?action=checkout", {"attendanceId": attended["id"]}, user="student")
    return f"registration {walk.registration['id']}"


def run_schedule(walk: Walk) -> str:
    """a scheduled function, which completes the course"""
    time.sleep(max(0.0, (datetime.fromisoformat(walk.course["endsAt"]) - datetime.now(UTC)).total_seconds()) + 1)
    walk.invoke("update_event_status", {"source": "schedule", "job": "update-event-status"})
    status = walk.call("GET", f"admin/events/{walk.course['id']}", user="admin")["event"]["status"]
    expect(status == "completed", f"the course is {status}")
    return f"the course is {status}"


def get_certificate(walk: Walk) -> str:
    """the certificate: issued, printed, verified"""
    sent = walk.send(
        "POST",
        "generate-certificate",
        json={"registrationId": walk.registration["id"]},
        headers={"Authorization": f"Bearer {walk.tokens['student']}"},
    )  # 200 where the hourly job was faster
    expect(sent.status_code in (200, 201), f"POST generate-certificate: {sent.status_code} {sent.text[:300]}")
    walk.certificate = sent.json()["certificate"]
    printed = requests.get(walk.certificate["pdfUrl"], timeout=40)
    expect(printed.content.startswith(b"%PDF-"), f"the file was answered {printed.status_code}")
    answer = walk.call("GET", f"generate-certificate?token={walk.certificate['verificationToken']}")
    expect(answer["valid"] and answer["integrity"]["intact"], f"the verification says {answer}")
    return walk.certificate["certificateNumber"]


def look_at_metrics(walk: Walk) -> str:
    """what the dashboard and the alarms read"""
    deadline = time.monotonic() + METRIC_SECONDS
    while not (count := measured(walk)):
        expect(time.monotonic() < deadline, f"no DatabaseTransactionTime within {METRIC_SECONDS} s")
        time.sleep(10)
    return f"{count:.0f} transactions measured"


def measured(walk: Walk) -> float:
    """How many database transactions the stack's metrics know since the walk began."""
    if walk.stack.local:
        metrics = requests.get(f"{walk.stack.base_url}/_local/metrics", timeout=40).json()["metrics"]
        return sum(each["count"] for each in metrics if each["name"] == "DatabaseTransactionTime")
    found = walk.stack.client("cloudwatch").get_metric_statistics(
        Namespace="CrashCourse",
        MetricName="DatabaseTransactionTime",
        Dimensions=[{"Name": "service", "Value": "crash-course"}, {"Name": "stage", "Value": walk.stack.stage}],
        StartTime=walk.began - timedelta(minutes=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=60,
        Statistics=["SampleCount"],
    )
    return sum(each["SampleCount"] for each in found["Datapoints"])


def clean_up(walk: Walk) -> str:
    """cleaning up"""
    if walk.certificate:
        reason = {"reason": "A canary's."}
        walk.call("POST", f"admin/certificates/{walk.certificate['id']}/revoke", reason, user="admin")
    pool = walk.stack.client("cognito-idp")
    who = {"UserPoolId": walk.stack.outputs["UserPoolId"], "Username": ADMIN}
    for email in (STUDENT, ADMIN):
        pool.admin_disable_user(**{**who, "Username": email})
    pool.admin_remove_user_from_group(**who, GroupName="admin")
    return "both canaries are disabled"


Step = Callable[[Walk], str]
STEPS: tuple[Step, ...] = (
    look_at_health,
    look_at_public_routes,
    deliver_webhook,
    sign_in,
    take_course,
    run_schedule,
    get_certificate,
    look_at_metrics,
)


def take(step: Step, walk: Walk) -> bool:
    began = time.monotonic()
    try:
        result, tick = step(walk), "✓"
    except (SmokeError, requests.RequestException, ClientError, BotoCoreError, LookupError, ValueError) as error:
        result, tick = f"{type(error).__name__}: {error}", "✗"
    print(f"  {tick} {time.monotonic() - began:4.1f} s  {step.__doc__}: {result}", flush=True)
    return tick == "✓"


def main(stage: str | None) -> bool:
    """Whether everything is as it must be. What was begun is cleaned up in any case."""
    walk = Walk(DeployedStack.of(stage))
    print(f"A walk through {walk.stack.base_url}")
    passed = all(take(step, walk) for step in STEPS)
    cleaned = take(clean_up, walk) if walk.tokens else True
    return passed and cleaned


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1] if sys.argv[1:] else None) else 1)
