"""What SAM makes of template.yaml, without an AWS account: `python -m tools.transform` prints the CloudFormation."""

import copy
import json
import logging
import os
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent
Template = dict[str, Any]

PARAMETERS = {
    "PublicBaseUrl": "https://api.example.com",
    "AllowedOrigins": "https://www.example.com",
    "EmailFrom": "no-reply@example.com",
}


class NoManagedPolicies(ManagedPolicyLoader):
    """SAM asks AWS for the names of managed policies; the template uses none by name."""

    def __init__(self) -> None:
        pass

    def load(self) -> dict[str, str]:
        return {}


def sam_template() -> Template:
    """template.yaml as written, intrinsic functions in their long form."""
    return copy.deepcopy(_parsed())


@cache
def _parsed() -> Template:
    return yaml_parse((ROOT / "template.yaml").read_text())


def cloudformation(template: Template) -> Template:
    """The template after the SAM transform; code is where a deployment would have put it."""
    deployed = copy.deepcopy(template)
    for resource in deployed["Resources"].values():
        for uri in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][uri] = "s3://artifacts/" + resource["Properties"][uri].rstrip("/")
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # complains that AWS's own metrics and settings lack
    os.environ.setdefault("AWS_DEFAULT_REGION", "ap-south-1")  # the translator asks boto3 for a region
    return transform(deployed, dict(PARAMETERS), NoManagedPolicies())


if __name__ == "__main__":
    print(json.dumps(cloudformation(sam_template()), indent=1))
