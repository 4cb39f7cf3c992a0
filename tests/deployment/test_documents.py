"""What docs/ says about the template is so."""

import json
import re
from collections.abc import Iterator

import pytest

from shared.webhooks.models import DISPUTES, EFFECTIVE
from tests.template.rules import Templates, referred
from tools.deploy import CONFIG, chosen, problems
from tools.transform import ROOT, sam_template

DOCS = ROOT / "docs"
DIAGRAM = (DOCS / "architecture.md").read_text()
EDGE = re.compile(r"^  (.+?) +(?:-->|-- .+? -->|-\. .+? \.->) +(.+)$", re.MULTILINE)
STARTS = {"HttpApi": "HttpApi", "ScheduleV2": "Scheduler", "EventBridgeRule": "EventBus", "Cognito": "UserPool"}
Edge = tuple[str, str]


@pytest.fixture(scope="module")
def template() -> Templates:
    return Templates(sam_template())


def nodes(diagram: str) -> set[str]:
    """What the diagram draws of the kinds that have one word for it: functions, queues and buckets."""
    return set(re.findall(r"\b\w+(?:Function|Queue|Bucket)\b", diagram.partition("```mermaid")[2].partition("```")[0]))


def edges(diagram: str) -> set[Edge]:
    """Its arrows; `a & b --> c` are two of them."""
    found: set[Edge] = set()
    for sides in EDGE.findall(diagram):
        left, right = ([re.sub(r"\[.*", "", each).strip() for each in side.split("&")] for side in sides)
        found |= {(start, end) for start in left for end in right}
    return found


def declared_nodes(template: Templates) -> set[str]:
    kinds = ("AWS::Serverless::Function", "AWS::SQS::Queue", "AWS::S3::Bucket")
    return {name for kind in kinds for name, _ in template.written(kind)}


def declared_edges(template: Templates) -> Iterator[Edge]:
    """What starts a function, and the queues and buckets that its role may use."""
    for name, function in template.written("AWS::Serverless::Function"):
        for event in function["Properties"].get("Events", {}).values():
            yield STARTS.get(event["Type"]) or referred(event["Properties"]["Queue"]), name
        policies = json.dumps(template.properties(f"{name}Role")["Policies"])
        for used in declared_nodes(template):
            if re.search(rf'"{used}"|\${{{used}\.', policies):
                yield name, used


def test_the_diagram_draws_every_function_queue_and_bucket_and_no_other(template: Templates) -> None:
    assert nodes(DIAGRAM) == declared_nodes(template)


def test_its_arrows_are_what_starts_a_function_and_what_it_may_use(template: Templates) -> None:
    between = declared_nodes(template) | set(STARTS.values())
    drawn = {(left, right) for left, right in edges(DIAGRAM) if left in between and right in between}
    functions = {name for name, _ in template.written("AWS::Serverless::Function")}
    assert {edge for edge in drawn if functions & set(edge)} == set(declared_edges(template))


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("WaitlistFunction", "QueueingFunction"),
        ("GenerateCertificatesFunction --> TreeHeadsBucket", "EventsFunction --> TreeHeadsBucket"),
        ("  EventBus --> RecordingUploadsFunction\n", ""),
        ("Scheduler --> ProcessReferralsFunction", "Scheduler --> StatusFunction & ProcessReferralsFunction"),
    ],
)
def test_another_diagram_would_be_found(written: str, instead: str) -> None:
    assert written in DIAGRAM
    other = DIAGRAM.replace(written, instead)
    assert (nodes(other), edges(other)) != (nodes(DIAGRAM), edges(DIAGRAM))


def test_the_documents_name_only_parameters_outputs_and_files_that_exist(template: Templates) -> None:
    known = template.sam["Parameters"].keys() | template.sam["Outputs"].keys() | template.sam["Resources"].keys()
    for document in DOCS.glob("*.md"):
        text = document.read_text()
        names = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:=[^`]*)?`", text))
        assert names <= known, document.name
        paths = re.findall(r"`((?:docs|sql|tools|tests|functions|local)/[\w./]+)`", text)
        assert [path for path in paths if not (ROOT / path).exists()] == [], document.name


def test_razorpays_dashboard_is_asked_for_the_events_that_the_platform_handles() -> None:
    text = (DOCS / "deploying.md").read_text()
    assert set(re.findall(r"\b(?:payment|order|refund)\.(?:dispute\.)?[a-z_]+\b", text)) == {*EFFECTIVE, *DISPUTES}


def test_what_make_deploy_says_first_is_what_the_page_shows() -> None:
    said = [line for line in problems(sam_template(), chosen(CONFIG.read_text(), "prod")) if line]
    assert all(f"    - {line}\n" in (DOCS / "deploying.md").read_text() for line in said)
