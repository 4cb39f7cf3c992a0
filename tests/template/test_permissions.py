"""What each role may do is a list that a person reviewed: permissions.json beside this file.

After an intended change: `python -m tests.template.test_permissions >tests/template/permissions.json`, and read
the difference.
"""

import json
from pathlib import Path
from typing import Any

from tests.template.rules import Templates
from tools.transform import Template, sam_template

REVIEWED = Path(__file__).with_name("permissions.json")
Permissions = dict[str, list[str]]


def permissions(sam: Template) -> Permissions:
    """`action on resource` for each role, with AWS's managed policies by name."""
    both = Templates(sam)
    added = [policy for _, policy in both.deployed("AWS::IAM::Policy")]
    roles = {
        name: {
            **role,
            "Policies": [*role.get("Policies", []), *(each for each in added if {"Ref": name} in each["Roles"])],
        }
        for name, role in both.deployed("AWS::IAM::Role")
    }
    return {name: sorted([*managed(role), *inline(role)]) for name, role in sorted(roles.items())}


def managed(role: dict[str, Any]) -> list[str]:
    return [f"managed {arn.rsplit('/', 1)[-1]}" for arn in role.get("ManagedPolicyArns", [])]


def inline(role: dict[str, Any]) -> list[str]:
    statements = [each for policy in role.get("Policies", []) for each in policy["PolicyDocument"]["Statement"]]
    return [f"{action} on {scope(each)}" for each in statements for action in listed(each["Action"])]


def listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


def scope(statement: dict[str, Any]) -> str:
    kinds = {key: statement[key] for key in ("Resource", "NotResource", "Condition") if key in statement}
    return json.dumps(kinds, sort_keys=True)


def test_every_role_may_do_what_was_reviewed_and_nothing_else() -> None:
    assert permissions(sam_template()) == json.loads(REVIEWED.read_text())


def test_no_role_may_do_everything_or_touch_everything() -> None:
    assert wildcards(permissions(sam_template())) == []


def test_a_planted_wildcard_is_found() -> None:
    sam = sam_template()
    statement = {"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"}
    sam["Resources"]["EventsFunction"]["Properties"]["Policies"].append({"Statement": [statement]})
    assert wildcards(permissions(sam)) == ['EventsFunctionRole: sqs:* on {"Resource": "*"}']


def wildcards(roles: Permissions) -> list[str]:
    rules = [(name, rule) for name, entries in roles.items() for rule in entries]
    return [f"{name}: {rule}" for name, rule in rules if "*" in rule.split(" on ")[0] or '"Resource": "*"' in rule]


def test_every_function_has_a_role_of_its_own() -> None:
    functions = [each["Role"] for _, each in Templates(sam_template()).deployed("AWS::Lambda::Function")]
    assert len({json.dumps(role) for role in functions}) == len(functions)


if __name__ == "__main__":
    print(json.dumps(permissions(sam_template()), indent=1))  # noqa: T201
