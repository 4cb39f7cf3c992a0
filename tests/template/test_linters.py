"""cfn-lint on the template as CloudFormation gets it: clean, and able to find what it should.

`make check` runs it on the template as written.
"""

import json
from pathlib import Path

from cfnlint import lint_by_config
from cfnlint.config import ManualArgs

from tools.transform import Template, cloudformation, sam_template


def test_the_transformed_template_is_clean(tmp_path: Path) -> None:
    assert lint(written(tmp_path, cloudformation(sam_template()))) == []


def test_planted_errors_are_found(tmp_path: Path) -> None:
    template = cloudformation(sam_template())
    resources = template["Resources"]
    resources["EventsFunction"]["Properties"] |= {"Runtime": "python3.99", "Colour": "red"}
    resources["FunctionLogGroup"]["Properties"]["RetentionInDays"] = 31
    resources["NotificationQueue"]["Properties"]["VisibilityTimeout"] = 50_000
    found = " ".join(lint(written(tmp_path, template)))
    assert all(planted in found for planted in ("python3.99", "Colour", "31 is not one of", "50000 is greater"))


def lint(path: Path) -> list[str]:
    found = lint_by_config(ManualArgs(templates=[str(path)]))
    return [f"{match.rule.id} {match.message}" for match in found]


def written(folder: Path, template: Template) -> Path:
    path = folder / "cloudformation.json"
    path.write_text(json.dumps(template))
    return path
