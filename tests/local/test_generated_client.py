"""A client made from the OpenAPI document alone, by a generator from PyPI, calls the running stack."""

import subprocess
from pathlib import Path

import pytest

from local.seed import NON_TECHNICAL
from local.state import PROJECT
from tests.local.running_stack import RunningStack
from tests.programs import get

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

TOOL = PROJECT / ".tools" / "openapi-client" / "bin"
HERE = Path(__file__).parent


def test_a_generated_client_works(stack: RunningStack, tmp_path: Path) -> None:
    get("make", ".tools/openapi-client/.ready")
    run(
        TOOL / "openapi-python-client", "generate", "--path", PROJECT / "functions" / "status" / "openapi.json",
        "--config", HERE / "openapi_client.yaml", "--output-path", tmp_path / "client", "--meta", "none",
        "--fail-on-warning",
    )  # fmt: skip
    (tmp_path / "generated_client.py").write_text((HERE / "generated_client.py").read_text())
    said = run(
        TOOL / "python", tmp_path / "generated_client.py",
        stack.file.base_url, stack.file.users["student3"].token, NON_TECHNICAL.id,
    )  # fmt: skip

    assert said == f"registered for {NON_TECHNICAL.title}\n"


def run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
