"""`make smoke` against the local stack: everything is right, and the first thing that is wrong ends it."""

import subprocess
import sys
from dataclasses import replace

import pytest

from local.state import PROJECT
from tests.local.running_stack import RunningStack
from tools import smoke
from tools.stacks import DeployedStack


@pytest.fixture
def deployed(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> DeployedStack:
    monkeypatch.setenv("LOCAL_STATE", str(stack.folder))
    return DeployedStack.of(None)


def test_the_whole_walk_succeeds(stack: RunningStack) -> None:
    command = [sys.executable, "-m", "tools.smoke"]
    walked = subprocess.run(
        command, cwd=PROJECT, env=stack.environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert walked.stdout.count("✓") == len(smoke.STEPS) + 1


def test_what_is_wrong_is_named(deployed: DeployedStack, capsys: pytest.CaptureFixture[str]) -> None:
    assert deployed.local is not None
    mistaken = replace(deployed, local=deployed.local.model_copy(update={"webhook_secret": "another"}))
    assert smoke.take(smoke.look_at_health, smoke.Walk(mistaken))
    assert not smoke.take(smoke.deliver_webhook, smoke.Walk(mistaken))
    assert "they were answered ['401', '401', '401']" in capsys.readouterr().out


def test_a_function_that_fails_is_named(deployed: DeployedStack, capsys: pytest.CaptureFixture[str]) -> None:
    def unhandled(walk: smoke.Walk) -> str:
        """a schedule that does not exist"""
        return str(walk.invoke("administrators", {"source": "operator"}))

    assert not smoke.take(unhandled, smoke.Walk(deployed))
    assert "failed: " in capsys.readouterr().out


def test_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, SHA-1, the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"
    assert [smoke.totp(secret, at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]
