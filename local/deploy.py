"""The real `sam deploy` into the emulator, and what the emulator then lacks.

Differences from a deployment on AWS, all of them made here, in `ministack_runner` and in `users`:

| on AWS | here | why |
| --- | --- | --- |
| CloudFormation imports the HTTP API's `Body` | the same routes, authorizer and CORS by API calls | not in MiniStack |
| alarms on computed metrics, on a dashboard | none, their metrics at `/_local/metrics` | not in MiniStack |
| Cognito's managed login, with its sessions | MiniStack's own login page, at each sign-in | not in MiniStack |
| CodeDeploy shifts traffic | the alias moves at once, without `DeploymentPreference` | not in MiniStack |
| Cognito calls the PostConfirmation and CustomMessage triggers | our runner calls them | not in MiniStack |
| a code is random | always 123456, 654321 for a new password | so in MiniStack |
| an administrator needs a second factor (`RequireAdminMfa`) | none is needed | the seeded administrator has no phone |
| access tokens last an hour | a day | so that stack.json serves for a day's work |
| each refresh gives a new refresh token | the same one goes on working | not in MiniStack |
| code changes by a deployment | what changes while `make up` runs is taken from the working tree | quicker |
| secrets are filled in by an operator | by `make up` | there is no operator |
| any other host | keys, metadata and login page of the user pool at the front | the issuer's address is AWS's own |
| a WebSocket API has a host of its own | a path of the emulator (`ExecuteApiUrl`) | no names to resolve |
| CORS for the configured origins | for any loopback port, too (`local/front.py`) | clients are developed there |
| API Gateway throttles | no throttling | not in MiniStack |
| Razorpay repeats a webhook after minutes | four times sooner | nobody waits so long |
| a function finds the runtime's libraries beside its own | MiniStack's instead | it runs in MiniStack's Python |
| 512 MB of /tmp, memory limits, a read-only disk | not enforced | functions are plain processes |
| `Ref` of a secret is its ARN, by which policies name it | its name | so in MiniStack; our runner decides by it |
| policies name batches of SQS `SendMessage`, and senders of mail | our runner decides so | not in MiniStack |
| buckets refuse plain HTTP | it counts as TLS | nothing here speaks TLS |
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local import build, http_api
from local.emulator import ACCOUNT, REGION, Emulator
from local.intrinsics import Resolver
from local.state import StackError, StateFolder, app_port
from tools.deploy import published_with

STACK = "crash-course"
EMAIL_FROM = "courses@example.com"
MISSING_TYPES = {"AWS::CloudWatch::Dashboard", "AWS::Cognito::ManagedLoginBranding"}
SUPPLIER_GSTIN = "29AAGCB7383J1Z4"
"""A supplier in Karnataka."""


@dataclass(frozen=True)
class StackDeployment:
    """The stack as it is in the emulator."""

    template: dict[str, Any]
    physical: dict[str, str]
    """Physical id by logical id."""
    parameters: dict[str, str]
    outputs: dict[str, str]

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id of the resources of one type that exist."""
        declared: dict[str, Any] = self.template["Resources"]
        return {
            name: resource.get("Properties", {})
            for name, resource in declared.items()
            if resource["Type"] == kind and name in self.physical
        }

    def functions(self) -> dict[str, str]:
        """Deployed name by the name of the folder below `functions/`."""
        names = {name: self.physical[name] for name in self.resources("AWS::Lambda::Function")}
        return {_snake_case(logical_id.removesuffix("Function")): name for logical_id, name in names.items()}

    def resolver(self) -> Resolver:
        pseudo = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": STACK}
        pseudo["AWS::URLSuffix"] = "amazonaws.com"
        values: dict[str, Any] = {**self._typed_parameters(), **pseudo, **self.physical}
        return Resolver(values, self.template.get("Conditions", {}), self._attribute)

    def _typed_parameters(self) -> dict[str, Any]:
        declared: dict[str, Any] = self.template["Parameters"]
        return {
            name: value.split(",") if "List" in declared[name]["Type"] else value
            for name, value in self.parameters.items()
        }

    def _attribute(self, logical_id: str, name: str) -> str:
        if name == "ProviderURL":
            return f"https://cognito-idp.{REGION}.amazonaws.com/{self.physical[logical_id]}"
        raise KeyError(f"{logical_id}.{name}")


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def parameters(base_url: str, razorpay_url: str, emulator: Emulator) -> dict[str, str]:
    return {
        "Stage": "local",
        "Architecture": build.architecture(),
        "PublicBaseUrl": base_url,
        "AppBaseUrl": f"http://127.0.0.1:{app_port()}",
        "AllowedOrigins": ",".join([base_url, *os.environ.get("ORIGINS", "").split()]),
        "EmailFrom": EMAIL_FROM,
        "SupplierGstin": SUPPLIER_GSTIN,
        "RequireAdminMfa": "no",
        "RazorpayBaseUrl": razorpay_url,
        "TokenJwksUrl": f"{base_url}/.well-known/jwks.json",
        "TokenMetadataUrl": f"{base_url}/.well-known/openid-configuration",
        "ConsoleOrigins": emulator.endpoint,
        "ExecuteApiUrl": f"{emulator.endpoint}/_aws/execute-api",
    }


async def deploy(state: StateFolder, emulator: Emulator, built: Path, chosen: dict[str, str]) -> None:
    """Deploy the built template; raises StackError with the end of SAM's output."""
    options = ["--stack-name", STACK, "--region", REGION, "--resolve-s3"]
    options += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    options += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
    options += ["--parameter-overrides", *(f"{name}={value}" for name, value in chosen.items())]
    command = [str(build.SAM), "deploy", "--template", str(_deployable(built, chosen)), *options]
    environment = {**build.sam_environment(), **emulator.environment}
    try:
        await build.run("sam deploy", command, state.path("logs", "deploy.log"), environment)
    except StackError as error:
        raise StackError("\n".join([str(error), *failures(emulator)])) from error


def connect_http_api(emulator: Emulator, stack: StackDeployment) -> int:
    """Make the routes that the emulator leaves out; returns how many."""
    client = emulator.client("apigatewayv2")
    routes = 0
    for name, properties in stack.resources("AWS::ApiGatewayV2::Api").items():
        if "Body" in properties:
            routes += http_api.create(client, stack.physical[name], stack.resolver().resolve(properties["Body"]))
    return routes


def prune(emulator: Emulator, stack: StackDeployment) -> None:
    """Delete the function and layer versions that no alias leads to: CloudFormation retains all of them."""
    client = emulator.client("lambda")
    for name in stack.functions().values():
        live = client.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        for version in client.list_versions_by_function(FunctionName=name)["Versions"]:
            if version["Version"] not in {"$LATEST", live}:
                client.delete_function(FunctionName=name, Qualifier=version["Version"])
    for arn in stack.resources("AWS::Lambda::LayerVersion"):
        layer, _, newest = stack.physical[arn].rpartition(":")
        for version in client.list_layer_versions(LayerName=layer)["LayerVersions"]:
            if version["Version"] != int(newest):
                client.delete_layer_version(LayerName=layer, VersionNumber=version["Version"])


def _deployable(built: Path, chosen: dict[str, str]) -> Path:
    """A copy of the built template without what MiniStack lacks, beside it, for its paths are relative."""
    template = yaml.safe_load(built.read_text())
    for name, each in list(template["Resources"].items()):
        if "Metrics" in each.get("Properties", {}) or each["Type"] in MISSING_TYPES:
            del template["Resources"][name]
    everything = [template.get("Globals", {}).get("Function", {})]
    everything += [resource.get("Properties", {}) for resource in template["Resources"].values()]
    for properties in everything:
        properties.pop("DeploymentPreference", None)
    copy = built.with_name("local-template.yaml")
    copy.write_text(yaml.safe_dump(published_with(template, chosen), sort_keys=False))
    return copy


def exists(emulator: Emulator) -> bool:
    """Whether the emulator still has the stack; it has not after a start without its state."""
    client = emulator.client("cloudformation")
    try:
        stacks = client.describe_stacks(StackName=STACK)["Stacks"]
    except client.exceptions.ClientError:
        return False
    return stacks[0]["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def failures(emulator: Emulator) -> list[str]:
    """What CloudFormation says about the resources that failed, the newest first."""
    client = emulator.client("cloudformation")
    try:
        events = client.describe_stack_events(StackName=STACK)["StackEvents"]
    except client.exceptions.ClientError:
        return []
    failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
    return [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}" for each in failed[:5]]


def describe(emulator: Emulator) -> StackDeployment:
    client = emulator.client("cloudformation")
    body = client.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    pages = client.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    stack = client.describe_stacks(StackName=STACK)["Stacks"][0]
    return StackDeployment(
        template=json.loads(body) if isinstance(body, str) else body,
        physical={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources},
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]},
        outputs={each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]},
    )
