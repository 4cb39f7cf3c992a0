"""In the local stack a function may do what its own policies allow, and nothing else."""

import json
from typing import Any

from tests.local.running_stack import RunningStack

FEWEST_ROLES = 12
"""The demo makes more functions than these call AWS."""


def decisions(stack: RunningStack) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (stack.folder / "logs" / "permissions.log").read_text().splitlines()]


def appoint(stack: RunningStack) -> dict[str, Any]:
    function = f"{stack.file.functions['administrators']}:live"
    event = json.dumps({"source": "operator", "email": stack.file.users["admin"].email})
    return stack.client("lambda").invoke(FunctionName=function, Payload=event)


def test_the_demo_asks_for_nothing_that_the_policies_refuse(stack: RunningStack) -> None:
    demo = stack.run("demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    asked = decisions(stack)
    assert [each for each in asked if not each["allowed"]] == []
    assert len({each["role"] for each in asked}) > FEWEST_ROLES


def test_what_a_policy_lacks_is_refused(stack: RunningStack) -> None:
    """A planted lack: the same call passes before and after."""
    iam, configured = stack.client("iam"), stack.client("lambda").get_function_configuration
    role = configured(FunctionName=stack.file.functions["administrators"])["Role"].rsplit("/", 1)[-1]
    assert "FunctionError" not in appoint(stack)
    policies = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    pool = {name: document for name, document in policies.items() if "cognito-idp" in json.dumps(document)}
    assert pool
    for name in pool:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        assert "FunctionError" in appoint(stack)
        refused = [each for each in decisions(stack) if not each["allowed"]][-1]
        assert (refused["role"], refused["action"]) == (role, "cognito-idp:AdminGetUser")
    finally:
        for name, document in pool.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert "FunctionError" not in appoint(stack)
