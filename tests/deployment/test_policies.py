"""What the exceptions excuse, and that they excuse no more; `make check` runs checkov and cfn-guard themselves."""

import json
import tomllib

import pytest

from tools.policies import EXCEPTIONS, Exemption, Finding, exemptions, findings_of, problems

OPEN_BUCKET = Finding("CKV_AWS_21", "NotesBucket")
EXEMPTION = Exemption(frozenset({"CKV_AWS_21"}), ("Notes*",))


@pytest.mark.parametrize(
    ("exempted", "complaints"),
    [
        ([], ["CKV_AWS_21: NotesBucket"]),
        ([EXEMPTION], []),
        ([Exemption(frozenset({"CKV_AWS_21"}), ("Other*",))], ["CKV_AWS_21: NotesBucket", "CKV_AWS_21", "Other*"]),
        ([Exemption(frozenset({"CKV_AWS_21", "CKV_AWS_99"}), ("Notes*",))], ["CKV_AWS_99"]),
        ([Exemption(frozenset({"CKV_AWS_21"}), ("Notes*", "Gone*"))], ["Gone*"]),
    ],
)
def test_a_finding_needs_an_exception_and_an_exception_a_finding(
    exempted: list[Exemption], complaints: list[str]
) -> None:
    found = list(problems([OPEN_BUCKET], exempted))
    assert [each.split(" in the exception")[0] for each in found] == complaints


def test_an_exception_without_a_reason_is_none() -> None:
    with pytest.raises(KeyError, match="reason"):
        exemptions('[[exception]]\nchecks = ["CKV_AWS_21"]\nresources = ["*"]')


def test_no_exception_is_for_everything() -> None:
    listed = tomllib.loads(EXCEPTIONS.read_text())["exception"]
    assert len(listed) < 20
    assert not [each for each in listed if "*" in each["resources"]]


def test_a_finding_of_cfn_guard_is_a_number_and_the_resources_it_looked_at() -> None:
    message = {"messages": {"custom_message": "[CT.SQS.PR.1]: Require a dead-letter queue"}}
    report = json.dumps(
        {"Rule": {**message, "checks": [{"path": "/Resources/A/Properties"}, {"path": "/Resources/B"}]}}
    )
    assert set(findings_of(report)) == {Finding("CT.SQS.PR.1", "A"), Finding("CT.SQS.PR.1", "B")}
