"""What docs/architecture.md draws, and what of that the template says."""

import json
import re
from collections.abc import Iterator

from tests.template.rules import Templates, referred
from tools.transform import ROOT

DIAGRAM = (ROOT / "docs" / "architecture.md").read_text()
EDGE = re.compile(r"^  (.+?) +(?:-->|-- .+? -->|-\. .+? \.->) +(.+)$", re.MULTILINE)
STARTS = {"HttpApi": "HttpApi", "ScheduleV2": "Scheduler", "EventBridgeRule": "EventBus", "Cognito": "UserPool"}
Edge = tuple[str, str]


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
        policies = json.dumps(template.properties(f"{name}Role").get("Policies", []))
        for used in declared_nodes(template):
            if re.search(rf'"{used}"|\${{{used}\.', policies):
                yield name, used


def compared_edges(diagram: str, template: Templates) -> set[Edge]:
    """The arrows between a function and what the template says of it."""
    known = declared_nodes(template) | set(STARTS.values())
    functions = {name for name, _ in template.written("AWS::Serverless::Function")}
    return {edge for edge in edges(diagram) if set(edge) <= known and functions & set(edge)}
