"""How the stack starts, ends and refuses."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests

from local.postgres import free_port
from tests.local.running_stack import RunningStack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]


def test_ctrl_c_leaves_no_process_and_the_second_start_is_quick(
    stack: RunningStack, record_property: Callable[[str, object], None]
) -> None:
    registrations = stack.call("GET", "registrations").json()
    earlier = f"Bearer {stack.file.users['student'].token}"
    users = {name: user.id for name, user in stack.file.users.items()}
    assert stack.processes()

    assert stack.stop() == 0
    assert [each.cmdline() for each in stack.processes()] == []
    assert not (stack.folder / "stack.json").exists()

    stack.start()
    record_property("second start, seconds", f"{stack.seconds_to_ready:.1f}")
    assert stack.seconds_to_ready < 40, "8 s are the budget on a quiet machine"
    assert stack.says("deploy: nothing changed")
    assert {name: user.id for name, user in stack.file.users.items()} == users
    assert stack.call("GET", "registrations").json() == registrations
    assert stack.call("GET", "registrations", headers={"Authorization": earlier}).json() == registrations


def test_a_stack_that_was_killed_itself_starts_again(stack: RunningStack) -> None:
    assert stack.process is not None
    left = stack.processes()
    stack.process.kill()
    stack.process.wait()
    assert any(each.is_running() for each in left)

    stack.start()
    assert stack.call("GET", "registrations").status_code == 200
    gone = [each.pid for each in left if not each.is_running() or each.status() == psutil.STATUS_ZOMBIE]
    assert len(gone) == len(left), "what was left behind must have been ended"


def test_a_second_stack_on_the_same_state_is_refused(stack: RunningStack) -> None:
    second = stack.run("up", PORT=str(free_port()))

    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert f"process {stack.process and stack.process.pid}" in second.stderr
    assert stack.call("GET", "registrations").status_code == 200


def test_a_running_stack_is_not_reset(stack: RunningStack) -> None:
    assert stack.run("reset").returncode == 1
    assert stack.call("GET", "registrations").status_code == 200


def test_a_port_in_use_is_said_plainly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = RunningStack(tmp_path / "state", port).run("up")

    assert refused.returncode == 1
    assert f"port {port} is in use" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_a_port_that_is_none_is_said_plainly(tmp_path: Path, port: str) -> None:
    refused = RunningStack(tmp_path / "state").run("up", PORT=port)

    assert (refused.returncode, "is not a port number" in refused.stderr) == (1, True)


def test_a_state_folder_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = RunningStack(tmp_path / "file" / "state").run("up")

    assert (refused.returncode, "cannot write to" in refused.stderr) == (1, True)


def test_ending_while_it_starts_leaves_no_process(server_folder: Path) -> None:
    starting = RunningStack(server_folder / "starting")
    process = psutil.Popen(
        [sys.executable, "-m", "local", "up"],
        env=starting.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: len(starting.processes()) >= 4)
    os.kill(process.pid, signal.SIGTERM)

    assert process.wait(60) == 0
    assert [each.cmdline() for each in starting.processes()] == []


def test_reset_forgets_everything(tmp_path: Path) -> None:
    fresh = RunningStack(tmp_path / "state")
    fresh.folder.mkdir()
    (fresh.folder / "something").touch()

    assert fresh.run("reset").returncode == 0
    assert not fresh.folder.exists()
    assert fresh.run("reset").returncode == 0


def test_the_front_says_that_it_is_starting(stack: RunningStack) -> None:
    """And that nothing else takes the port meanwhile."""
    stack.stop()
    process = psutil.Popen(
        [sys.executable, "-m", "local", "up"],
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{stack.port}/functions/v1/events"
        assert eventually(lambda: status(url)) == 503
        assert eventually(lambda: status(url) == 200)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def status(url: str) -> int:
    """0 while nobody listens."""
    try:
        return requests.get(url, timeout=40).status_code
    except requests.ConnectionError:
        return 0
