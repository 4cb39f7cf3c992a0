"""The template for every way to deploy it: nothing refers to what a condition leaves out, and cfn-lint is content."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from local.intrinsics import Resolver
from tests.template.test_linters import lint, written
from tools.deploy import problems, typed
from tools.transform import Template, cloudformation, sam_template

Parameters = Mapping[str, str]
NETWORK = {"SubnetIds": "subnet-0a1b2c3d,subnet-0a1b2c3e"}
DATABASES: list[Parameters] = [
    {},
    {"DatabaseOwnerSecretArn": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:owner-a1b2c3"},
    {**NETWORK, "SecurityGroupIds": "sg-0a1b2c3d"},
    {**NETWORK, "VpcId": "vpc-0a1b2c3d", "CreateDatabase": "yes", "DatabaseStandby": "yes"},
]
CERTIFICATE = "arn:aws:acm:ap-south-1:123456789012:certificate/0a1b2c3d"
DOMAINS: list[Parameters] = [
    {"PublicBaseUrl": "https://api.example.com"},
    {"DomainName": "api.example.com", "DomainCertificateArn": CERTIFICATE},
    {"DomainName": "api.example.com", "DomainCertificateArn": CERTIFICATE, "HostedZoneId": "Z0A1B2C3D4E5F6"},
]
OTHERS: list[Parameters] = [
    {
        "EmailFrom": "a@example.com",
        "AllowedOrigins": "https://example.com",
        "AlarmEmail": "a@example.com",
        "MonthlyBudget": "200",
    },
    {
        "EmailFrom": "a@example.com",
        "AllowedOrigins": "",
        "TokenIssuer": "https://issuer.example.com",
        "TokenClientIds": "web",
        "Rollout": "Canary10Percent10Minutes",
    },
]
WAYS: list[Parameters] = [{**a, **b, **c} for a, b, c in product(DATABASES, DOMAINS, OTHERS)]
EVERYTHING = WAYS[-1]


@pytest.fixture(scope="module")
def deployed() -> Template:
    return cloudformation(sam_template())


def rendered(template: Template, parameters: Parameters) -> Template:
    """What is left of the template when its conditions are decided."""
    values = typed(template["Parameters"], parameters)
    resolver = Resolver(values, template["Conditions"], lambda _id, _name: "")
    kept = {
        section: {name: each for name, each in template[section].items() if exists(each, resolver)}
        for section in ("Resources", "Outputs")
    }
    return {**template, **decided(kept, resolver), "Rules": {}}


def exists(part: Template, resolver: Resolver) -> bool:
    return "Condition" not in part or resolver.evaluate({"Condition": part["Condition"]})


def decided(node: Any, resolver: Resolver) -> Any:
    """The node with each Fn::If replaced by its branch; AWS::NoValue goes with what held it."""
    if isinstance(node, list):
        items: list[Any] = [decided(each, resolver) for each in node]
        return [each for each in items if each != {"Ref": "AWS::NoValue"}]
    if not isinstance(node, dict):
        return node
    if list(node) == ["Fn::If"]:
        condition, yes, no = node["Fn::If"]
        return decided(yes if resolver.evaluate({"Condition": condition}) else no, resolver)
    parts = {
        key: decided(value, resolver) for key, value in node.items() if key != "Condition" or not isinstance(value, str)
    }
    return {key: value for key, value in parts.items() if value != {"Ref": "AWS::NoValue"}}


def dangling(template: Template) -> Iterator[str]:
    """Names that something refers to and that are neither there nor pseudo parameters."""
    known = template["Resources"].keys() | template["Parameters"].keys()
    text = json.dumps({"Resources": template["Resources"], "Outputs": template["Outputs"]})
    names = set(re.findall(r'"Ref": "([\w:]+)"', text)) | set(re.findall(r'"Fn::GetAtt": \["(\w+)"', text))
    for substituted in re.findall(r'"Fn::Sub": "((?:[^"\\]|\\.)*)"', text):
        names |= set(re.findall(r"\$\{([\w:]+)", substituted))
    yield from sorted(name for name in names - known if not name.startswith("AWS::"))


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_nothing_refers_to_what_a_way_to_deploy_leaves_out(way: Parameters, deployed: Template) -> None:
    assert list(problems(deployed, way)) == []
    assert list(dangling(rendered(deployed, way))) == []


def test_a_reference_that_a_condition_breaks_is_found(deployed: Template) -> None:
    broken = json.loads(json.dumps(deployed))
    broken["Resources"]["DatabaseSchema"]["Properties"]["Database"] = {"Ref": "DatabaseInstance"}
    assert list(dangling(rendered(broken, {**DATABASES[1], **DOMAINS[0], **OTHERS[0]}))) == ["DatabaseInstance"]


@pytest.mark.parametrize("way", [EVERYTHING, *(pytest.param(way, marks=pytest.mark.long) for way in WAYS[:-1])])
def test_what_a_way_to_deploy_leaves_is_clean(way: Parameters, deployed: Template, tmp_path: Path) -> None:
    template = rendered(deployed, way)
    for name, value in way.items():
        template["Parameters"][name] = {**template["Parameters"][name], "Default": value}
    template |= {"Conditions": {}, "Metadata": {}}
    found = lint(written(tmp_path, template))
    assert [each for each in found if not each.startswith("W2001")] == []  # a parameter that this way does not use
