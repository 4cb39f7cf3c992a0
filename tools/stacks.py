"""A deployed stack to work with: the running local one, or a stage's in an account."""

import sys
import tomllib
from dataclasses import dataclass
from typing import Any

import boto3

from local.emulator import client_of
from local.stack_file import StackFile
from local.state import StateFolder
from tools.deploy import CONFIG


@dataclass(frozen=True)
class DeployedStack:
    """Where a stack is and what is in it."""

    base_url: str
    stage: str
    region: str
    outputs: dict[str, str]
    functions: dict[str, str]
    """Deployed name by folder name below `functions/`."""
    local: StackFile | None = None

    @classmethod
    def of(cls, stage: str | None) -> "DeployedStack":
        """The stage's of samconfig.toml, or the local one; exits when there is none."""
        return cls._in_account(stage) if stage and stage != "local" else cls._local()

    @classmethod
    def _local(cls) -> "DeployedStack":
        file = StateFolder().stack_file
        if not file.exists():
            sys.exit("the local stack is not running; start it with: make up (or name a stage: STAGE=prod)")
        stack = StackFile.model_validate_json(file.read_bytes())
        outputs = {"UserPoolId": stack.cognito.user_pool_id, "UserPoolClientId": stack.cognito.client_id}
        return cls(stack.base_url, "local", "ap-south-1", outputs, stack.functions, stack)

    @classmethod
    def _in_account(cls, stage: str) -> "DeployedStack":
        stages = tomllib.loads(CONFIG.read_text())
        if stage not in stages:
            sys.exit(f"samconfig.toml has no section {stage}")
        parameters: dict[str, str] = stages[stage]["global"]["parameters"]
        client: Any = boto3.client("cloudformation", region_name=parameters["region"])
        (found,) = client.describe_stacks(StackName=parameters["stack_name"])["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
        given = {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}
        base_url = f"https://{given['DomainName']}" if given.get("DomainName") else outputs["ApiBaseUrl"]
        functions = {
            _snake_case(name.removesuffix("FunctionName")): value
            for name, value in outputs.items()
            if name.endswith("FunctionName")
        }
        return cls(base_url, given["Stage"], parameters["region"], outputs, functions)

    def function(self, folder: str) -> str:
        if folder not in self.functions:
            sys.exit(f"the stack has no function {folder}")
        return self.functions[folder]

    def client(self, service: str) -> Any:
        if self.local:
            return client_of(self.local.aws_endpoint_url, service)
        connect: Any = boto3.client
        return connect(service, region_name=self.region)


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
