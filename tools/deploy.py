"""sam deploy of what was built, for one stage: `python -m tools.deploy <stage> <template> [<option of sam>...]`.

Before AWS is asked for anything, it says which parameters the stage lacks and what each is for: `--guided` asks for
all of them and explains none.
"""

import hashlib
import json
import os
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from local.intrinsics import Resolver
from tools.transform import ROOT, Template

CONFIG = ROOT / "samconfig.toml"
Parameters = Mapping[str, str]


def main(stage: str, built: Path, options: list[str]) -> None:
    template: Template = yaml.safe_load(built.read_text())
    parameters = chosen(CONFIG.read_text(), stage)
    if "--guided" not in options and (lacking := list(problems(template, parameters))):
        section = f"parameter_overrides of [{stage}.deploy.parameters] in samconfig.toml"
        sys.exit("\n".join([f"Not deployed; to set right in {section}:", *(f"- {each}" for each in lacking)]))
    copy = built.with_name("deploy.yaml")  # beside the built one, for its paths are relative
    copy.write_text(yaml.safe_dump(published_with(template, parameters), sort_keys=False))
    sam = str(ROOT / ".tools" / "sam" / "bin" / "sam")
    os.execv(
        sam, [sam, "deploy", "--config-file", str(CONFIG), "--config-env", stage, "--template", str(copy), *options]
    )


def chosen(config: str, stage: str) -> dict[str, str]:
    """The parameters that a samconfig.toml sets for a stage; exits when it has no such stage."""
    stages = tomllib.loads(config)
    if stage not in stages:
        sys.exit(f"samconfig.toml has no section {stage}; STAGE is one of: {', '.join(set(stages) - {'version'})}")
    given: str | list[str] = stages[stage].get("deploy", {}).get("parameters", {}).get("parameter_overrides", [])
    pairs = shlex.split(given) if isinstance(given, str) else given  # as --guided writes it, or as a person does
    return dict(pair.split("=", 1) for pair in pairs)


def problems(template: Template, parameters: Parameters) -> Iterator[str]:
    """What CloudFormation would refuse, in the template's own words."""
    declared: Template = template["Parameters"]
    yield from (f"{name} is no parameter of the template" for name in parameters.keys() - declared.keys())
    for name, parameter in declared.items():
        if "Default" not in parameter and name not in parameters:
            yield f"{name}=... ({parameter['Description']})"
    resolver = Resolver(typed(declared, parameters), {}, lambda _id, _name: "")
    for rule in template.get("Rules", {}).values():
        if "RuleCondition" not in rule or resolver.evaluate(rule["RuleCondition"]):
            yield from (
                each["AssertDescription"] for each in rule["Assertions"] if not resolver.evaluate(each["Assert"])
            )


def typed(declared: Template, parameters: Parameters) -> dict[str, str | list[str]]:
    """The value of each parameter, lists as lists."""
    values = {name: str(parameters.get(name, each.get("Default", ""))) for name, each in declared.items()}
    return {name: value.split(",") if "List" in declared[name]["Type"] else value for name, value in values.items()}


def published_with(template: Template, parameters: Parameters) -> Template:
    """The template, with a tag on every function that is another one for other parameters.

    SAM publishes a version for a change of the template, not of a parameter's value: without the tag, functions would
    go on with the old value. https://github.com/aws/serverless-application-model/issues/3820
    """
    values = json.dumps(typed(template["Parameters"], parameters), sort_keys=True)
    common = template["Globals"]["Function"]
    tags = {**common.get("Tags", {}), "configuration": hashlib.sha256(values.encode()).hexdigest()[:16]}
    return {**template, "Globals": {**template["Globals"], "Function": {**common, "Tags": tags}}}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).absolute(), sys.argv[3:])
