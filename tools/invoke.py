"""`sam local invoke` of a function against the running local stack: `python -m tools.invoke <function> [<event>]`.

The function gets the environment it has in the stack, and the event what the stack's clients would send: the claims
of a signed-in user, the service's bearer, Razorpay's signature.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3

from local.build import architecture
from local.state import StateFolder
from tools.bridge import HOST, as_seen_from_container, forwarded, gateway, loopback_ports
from tools.build import ROOT, build_folder
from tools.transform import yaml_parse

Json = dict[str, Any]
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "000000000000",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "ap-south-1",
}


async def main(function: str, event_file: str | None) -> int:
    stack = running_stack()
    if function not in stack["functions"]:
        sys.exit(f"{function} is not in the running stack; FN is one of: {', '.join(sorted(stack['functions']))}")
    event: Json = json.loads(Path(event_file).read_text()) if event_file else {}
    folder = build_folder(architecture())
    template = folder / "invoke.json"  # beside the built one, for its paths are relative
    template.write_text(json.dumps(with_environment(folder, function, environment(stack, function))))
    address = gateway()
    async with forwarded(address or "", loopback_ports(json.dumps(stack)) if address else ()):
        return await sam_local_invoke(template, logical_id(function), as_a_client_sends(event, stack), address)


def running_stack() -> Json:
    file = StateFolder().stack_file
    if not file.exists():
        sys.exit("the local stack is not running; start it with: make up")
    return json.loads(file.read_text())


def environment(stack: Json, function: str) -> dict[str, str]:
    """What the function has in the stack, with addresses that a container reaches."""
    session = boto3.Session(CREDENTIALS["AWS_ACCESS_KEY_ID"], "local", region_name=CREDENTIALS["AWS_DEFAULT_REGION"])
    client: Any = session.client("lambda", endpoint_url=stack["awsEndpointUrl"])
    deployed = client.get_function_configuration(FunctionName=stack["functions"][function])["Environment"]["Variables"]
    secrets: Any = session.client("secretsmanager", endpoint_url=stack["awsEndpointUrl"])
    variables = deployed | {"AWS_ENDPOINT_URL": stack["awsEndpointUrl"]}
    for name in [name for name in variables if name.endswith("_SECRET_ID")]:
        variables[name] = copy_of_secret(secrets, variables[name])
    return {name: as_seen_from_container(value) for name, value in variables.items()}


def copy_of_secret(client: Any, secret_id: str) -> str:
    """The id of a copy of the secret whose addresses a container reaches."""
    name, value = f"invoke/{secret_id.rsplit(':', 1)[-1]}", client.get_secret_value(SecretId=secret_id)["SecretString"]
    with suppress(client.exceptions.ResourceExistsException):
        client.create_secret(Name=name, SecretString="{}")
    client.put_secret_value(SecretId=name, SecretString=as_seen_from_container(value))
    return name


def with_environment(folder: Path, function: str, variables: dict[str, str]) -> Json:
    """The built template with these variables: sam local invoke knows no resource and no variable of its own."""
    template: Json = yaml_parse((folder / "template.yaml").read_text())
    template["Resources"][logical_id(function)]["Properties"]["Environment"] = {"Variables": variables}
    return template


def logical_id(function: str) -> str:
    return "".join(word.title() for word in function.split("_")) + "Function"


def as_a_client_sends(event: Json, stack: Json) -> Json:
    """The event with what only the running stack can give; unknown kinds of events stay as they are."""
    headers: Json = event.get("headers", {})
    if "x-razorpay-signature" in headers and set(headers["x-razorpay-signature"]) != {"0"}:
        key, body = stack["webhookSecret"].encode(), event["body"].encode()
        headers["x-razorpay-signature"] = hmac.new(key, body, hashlib.sha256).hexdigest()
    token: Json | None = event.get("requestContext", {}).get("authorizer", {}).get("jwt")
    if token:
        user = stack["users"]["admin" if "cognito:groups" in token["claims"] else "student"]
        headers["authorization"] = f"Bearer {user['token']}"
        token["claims"] = claims_of(user["token"])
    elif "authorization" in headers:
        headers["authorization"] = f"Bearer {stack['serviceRoleKey']}"
    return event


def claims_of(token: str) -> Json:
    """The claims as API Gateway's JWT authorizer hands them over: all of them strings, a list as `[a b]`."""
    payload = token.split(".")[1]
    claims: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return {name: f"[{' '.join(value)}]" if isinstance(value, list) else str(value) for name, value in claims.items()}


async def sam_local_invoke(template: Path, name: str, event: Json, host: str | None) -> int:
    command = [".tools/sam/bin/sam", "local", "invoke", name, "--template", str(template), "--event", "-"]
    command += ["--parameter-overrides", f"Architecture={architecture()}"]
    command += ["--skip-pull-image"] if image_is_here() else []
    command += ["--add-host", f"{HOST}:{host}"] if host else []
    sam_environment = os.environ | CREDENTIALS | {"SAM_CLI_TELEMETRY": "0"}
    sam = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=sam_environment, stdin=asyncio.subprocess.PIPE)
    await sam.communicate(json.dumps(event).encode())
    return sam.returncode or 0


def image_is_here() -> bool:
    image = f"public.ecr.aws/lambda/python:3.13-{architecture()}"
    try:
        return subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False  # sam says what is missing


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2] if sys.argv[2:] else None)))
