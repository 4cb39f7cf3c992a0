"""`make new-function` yields a function that passes every check, in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.transform import ROOT

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".tools", ".local", ".aws-sam", ".*_cache", ".hypothesis", "__pycache__"
)
TESTS = ("tests/seat_maps", *(f"tests/template/test_{name}.py" for name in ("architecture", "events", "permissions")))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED, symlinks=True)
    for name in (".venv", ".tools"):
        (copy / name).symlink_to(ROOT / name)
    return copy


def run(copy: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def said(copy: Path, *command: str) -> str:
    """What a command says; it succeeds."""
    done = run(copy, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_function_keeps_every_rule_and_answers(copy: Path) -> None:
    assert "GET /functions/v1/seat-maps" in said(copy, sys.executable, "-m", "tools.new_function", "seat_maps")

    said(copy, sys.executable, "-m", "ruff", "format", "--check", ".")
    said(copy, sys.executable, "-m", "ruff", "check", ".")
    said(copy, sys.executable, "-m", "tools.openapi", "--check")
    passed = said(copy, sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *TESTS)
    assert re.search(r"^\d\d+ passed", passed, re.MULTILINE)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_make_check_and_every_test_of_routes_pass_with_a_new_function(copy: Path) -> None:
    said(ROOT, "make", "check-template")  # gets its tools, which the copy only borrows
    said(copy, "make", "new-function", "NAME=seat_maps")

    said(copy, "make", "check")
    this = f"--ignore={Path(__file__).relative_to(ROOT)}"
    pytest_quiet = (sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not long")
    said(copy, *pytest_quiet, this, "tests/access", "tests/template")


@pytest.mark.parametrize(("name", "reason"), [("Seat-Maps", "no name"), ("waitlist", "already"), ("", "no name")])
def test_a_name_that_cannot_be_changes_nothing(name: str, reason: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in (ROOT / "template.yaml", ROOT / "README.md")}
    refused = run(ROOT, sys.executable, "-m", "tools.new_function", name)

    assert refused.returncode == 1
    assert reason in refused.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before
