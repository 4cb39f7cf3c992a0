"""Makes a user an administrator, by a function of the stack: `python -m tools.admin <email> [<stage>]`.

Without a stage, in the running local stack; with one, in the account whose credentials boto3 finds.
"""

import json
import sys
from typing import Any

from tools.stacks import DeployedStack

ENROL = """{email} is an administrator from the next sign-in on.
With RequireAdminMfa=yes tokens carry it only with an authenticator app; section 3 of docs/deploying.md adds one."""


def main(email: str, stage: str | None) -> None:
    stack = DeployedStack.of(stage)
    answer = stack.client("lambda").invoke(
        FunctionName=stack.function("administrators"), Payload=json.dumps({"source": "operator", "email": email})
    )
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        unknown = "UserNotFoundException" in json.dumps(result)
        sys.exit(f"nobody has signed up as {email}" if unknown else f"the function failed: {json.dumps(result)}")
    print(f"{email} is an administrator." if result["secondFactor"] else ENROL.format(email=email))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if sys.argv[2:] else None)
