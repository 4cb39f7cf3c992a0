"""The files of events/ are what the functions really receive, and name routes and schedules of the template."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from tests.template import rules
from tests.template.rules import Templates
from tools.transform import ROOT, sam_template

FILES = sorted((ROOT / "events").rglob("*.json"))
WEBHOOK_SECRET = b"local-webhook-secret"
"""What events/razorpay_webhook is signed with; `make invoke` signs with the running stack's secret instead."""


@pytest.fixture(scope="module")
def template() -> Templates:
    return Templates(sam_template())


def contents(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text())


def title(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


@pytest.mark.parametrize("file", FILES, ids=title)
def test_the_event_could_reach_its_function(file: Path, template: Templates) -> None:
    assert what_is_wrong(contents(file), file.parent.name, template) == ""


def test_an_event_that_could_not_is_found(template: Templates) -> None:
    request = contents(ROOT / "events/registrations/get.json")
    anonymous = json.loads(json.dumps(request))
    del anonymous["requestContext"]["authorizer"]
    assert what_is_wrong(request, "events", template) == "goes to another function"
    assert what_is_wrong(anonymous, "registrations", template) == "claims and authorizer disagree"
    assert what_is_wrong(request | {"routeKey": "GET /gone"}, "registrations", template) == "goes to another function"
    assert what_is_wrong({"source": "cron"}, "process_refunds", template) == "is no input of its schedules"


def what_is_wrong(event: dict[str, Any], function: str, template: Templates) -> str:
    if "routeKey" in event:
        return what_is_wrong_with_request(event, function, template)
    if event.get("source") == "operator":  # by hand: a function that nothing else starts
        return "" if not template.sam["Resources"][logical_id(function)]["Properties"].get("Events") else "has events"
    if event.keys() & {"Records", "RequestType", "triggerSource", "requestContext", "detail-type"}:
        return ""
    return "" if event in schedule_inputs(function, template) else "is no input of its schedules"


def what_is_wrong_with_request(event: dict[str, Any], function: str, template: Templates) -> str:
    operation = dict(rules.routes(template)).get(event["routeKey"])
    if operation is None or not integrates(operation, function):
        return "goes to another function"
    if (operation["security"] == [{"Bearer": []}]) != ("authorizer" in event["requestContext"]):
        return "claims and authorizer disagree"
    return "" if event["version"] == "2.0" and event["requestContext"]["routeKey"] == event["routeKey"] else "payload"


def integrates(operation: dict[str, Any], function: str) -> bool:
    return f"/${{{logical_id(function)}Aliaslive}}/" in json.dumps(operation["x-amazon-apigateway-integration"])


def logical_id(function: str) -> str:
    return f"{function.replace('_', ' ').title().replace(' ', '')}Function"


def schedule_inputs(function: str, template: Templates) -> list[dict[str, Any]]:
    """What the schedules of a folder's functions send: one folder may hold a function for them alone."""
    targets = [schedule["Target"] for _, schedule in template.deployed("AWS::Scheduler::Schedule")]
    aliases = {
        f"{name}Aliaslive"
        for name, each in template.written("AWS::Serverless::Function")
        if each["Properties"]["CodeUri"] == f"functions/{function}/"
    }
    return [json.loads(target["Input"]) for target in targets if rules.referred(target["Arn"]) in aliases]


@pytest.mark.parametrize("file", sorted((ROOT / "events/razorpay_webhook").glob("*.json")), ids=title)
def test_a_delivery_is_signed_unless_it_says_otherwise(file: Path) -> None:
    event = contents(file)
    signature = hmac.new(WEBHOOK_SECRET, event["body"].encode(), hashlib.sha256).hexdigest()
    assert (event["headers"]["x-razorpay-signature"] == signature) == (file.stem != "wrong_signature")
