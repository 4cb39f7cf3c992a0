"""What `make deploy` does with a stage's parameters before AWS hears of them."""

import re
import tomllib
from typing import Any

import pytest

from tests.template.rules import Templates
from tools.deploy import CONFIG, chosen, problems, published_with
from tools.transform import Template, sam_template

STAGES = ("default", "staging", "prod")
ENOUGH = {
    "PublicBaseUrl": "https://api.example.com",
    "AllowedOrigins": "https://example.com",
    "EmailFrom": "a@example.com",
}
NETWORK = {"SubnetIds": "subnet-1,subnet-2", "VpcId": "vpc-1"}


@pytest.fixture(scope="module")
def template() -> Template:
    return sam_template()


def test_a_stage_lacks_what_only_its_operator_knows_and_is_told_why(template: Template) -> None:
    for stage in STAGES:
        lacking = list(problems(template, chosen(CONFIG.read_text(), stage)))
        assert [each.split("=")[0] for each in lacking[:-1]] == ["AllowedOrigins", "EmailFrom"]
        assert "EmailFrom=... (Address that mails come from; verified in Amazon SES)" in lacking
        assert lacking[-1] == "Give DomainName, or PublicBaseUrl: links in mails start with it"
        assert list(problems(template, chosen(CONFIG.read_text(), stage) | ENOUGH)) == []


def test_what_a_stage_deploys_is_tagged_with_it() -> None:
    """CloudFormation gives the stack's tags to every resource that takes tags, so that bills can be split by them."""
    for stage in STAGES:
        parameters = tomllib.loads(CONFIG.read_text())[stage]["deploy"]["parameters"]
        name = chosen(CONFIG.read_text(), stage)["Stage"]
        assert parameters["tags"] == ["project=crash-course", f"stage={name}"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"DomainName": "api.example.com"}, "DomainName needs DomainCertificateArn"),
        ({"TokenIssuer": "https://issuer.example.com"}, "TokenIssuer needs TokenClientIds"),
        ({"CreateDatabase": "yes"}, "CreateDatabase needs VpcId and SubnetIds"),
        ({"CreateDatabase": "yes", "VpcId": "vpc-1"}, "CreateDatabase needs VpcId and SubnetIds"),
        ({"CreateDatabase": "yes", **NETWORK, "DatabaseAddress": "x"}, "goes without DatabaseAddress"),
        ({"SubnetIds": "subnet-1"}, "SubnetIds needs SecurityGroupIds"),
        ({"MonthlyBudget": "200"}, "MonthlyBudget needs AlarmEmail"),
        ({"EmailForm": "a@example.com"}, "EmailForm is no parameter"),
    ],
)
def test_a_combination_that_cannot_work_is_refused(wrong: dict[str, str], words: str, template: Template) -> None:
    (found,) = problems(template, ENOUGH | wrong)
    assert words in found


@pytest.mark.parametrize(
    "right",
    [
        {"CreateDatabase": "yes", "DatabaseStandby": "yes", **NETWORK},
        {"MonthlyBudget": "200", "AlarmEmail": "a@example.com"},
        {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"},
        {"PublicBaseUrl": "", "DomainName": "api.example.com", "DomainCertificateArn": "arn:x"},
        {"TokenIssuer": "https://issuer.example.com", "TokenClientIds": "web"},
    ],
)
def test_one_that_can_work_is_not(right: dict[str, str], template: Template) -> None:
    assert list(problems(template, ENOUGH | right)) == []


def test_what_guided_writes_is_read_too() -> None:
    config = (
        """[prod.deploy.parameters]\nparameter_overrides = "Stage=\\"prod\\" CertificateIssuer=\\"Crash Course\\"" """
    )
    assert chosen(config, "prod") == {"Stage": "prod", "CertificateIssuer": "Crash Course"}


def test_a_stage_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SystemExit, match=r"no section production; STAGE is one of:.*prod"):
        chosen(CONFIG.read_text(), "production")


def test_every_stage_is_a_stack_of_its_own_and_production_shifts_its_traffic() -> None:
    stages = tomllib.loads(CONFIG.read_text())
    assert {name for name in stages if name != "version"} == set(STAGES)
    assert len({stages[name]["global"]["parameters"]["stack_name"] for name in STAGES}) == len(STAGES)
    assert chosen(CONFIG.read_text(), "prod")["Rollout"].startswith("Canary")
    assert all(stages[name]["deploy"]["parameters"]["confirm_changeset"] for name in STAGES)


def test_the_configuration_keeps_clear_of_what_misleads_sam() -> None:
    """--cached misses edits outside a layer's own folder; `lint` turns every validate into a lint alone."""
    text = CONFIG.read_text()
    assert not re.search(r"^\s*(cached = true|lint = )", text, re.MULTILINE)
    assert not re.search(r"(?i)password|secret[a-z]*=|key=", text)


@pytest.fixture(scope="module")
def small() -> Template:
    """Two functions of the template: what holds for them holds for all."""
    sam = sam_template()
    sam["Resources"] = {
        name: each
        for name, each in sam["Resources"].items()
        if not each["Type"].startswith("AWS::Serverless")
        or name in {"EventsFunction", "StatusFunction", "CommonLayer", "HttpApi"}
    }
    return sam


def test_a_parameter_that_changed_publishes_every_function(small: Template) -> None:
    before, after = (versions(published_with(small, ENOUGH | {"HoldMinutes": each})) for each in ("30", "45"))
    assert not before & after
    assert versions(published_with(small, ENOUGH)) == before, "the default is the same value"


def test_without_the_tag_a_parameter_that_changed_publishes_nothing(small: Template) -> None:
    """The negative control, and why there is a tag."""
    changed: Any = {**small, "Parameters": {**small["Parameters"]}}
    changed["Parameters"]["HoldMinutes"] = {**small["Parameters"]["HoldMinutes"], "Default": 45}
    assert versions(changed) == versions(small)


def versions(sam: Template) -> set[str]:
    return {name for name, _ in Templates(sam).deployed("AWS::Lambda::Version")}
