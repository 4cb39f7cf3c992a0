"""The fake as a process: it ends cleanly, and its state outlives a kill."""

import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from local.razorpay.receiver import Receiver
from local.razorpay.server import FakeRazorpay

ROOT = Path(__file__).parents[2]


@contextmanager
def process(*options: str | Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """A running fake and its address."""
    command = [sys.executable, "-W", "error", "-m", "local.razorpay", *map(str, options)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout
            yield running, running.stdout.readline().removeprefix("ready: ").strip()
        finally:
            running.kill()


def turn(url: str, knob: str, **arguments: str) -> Any:
    answer = requests.post(f"{url}/_control/{knob}", json=arguments, timeout=5)
    answer.raise_for_status()
    return answer.json()


def test_a_killed_process_comes_back_with_all_it_had_answered(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "razorpay.db"
    with process("--state", state) as (running, url):
        order = requests.post(f"{url}/_control/open_order", json={"amount": 100}, timeout=5).json()
        turn(url, "pay", order_id=order["id"])
        running.kill()
        running.wait()
    with process("--state", state) as (_, url):
        orders = turn(url, "entities", kind="order")
        assert [(each["id"], each["status"]) for each in orders] == [(order["id"], "paid")]
        assert len(turn(url, "deliveries", state="waiting")) == 3


def test_a_restart_goes_on_with_retries_idempotency_keys_and_a_disabled_webhook(tmp_path: Path) -> None:
    now = [1_000_000.0]
    state = tmp_path / "razorpay.db"
    auth = ("id", "secret")
    headers = {"X-Refund-Idempotency": "refund-0001"}
    with Receiver(forever=500) as receiver:

        def start() -> FakeRazorpay:
            return FakeRazorpay(
                key_id="id",
                key_secret="secret",
                webhook_url=receiver.url,
                state=state,
                hold=True,
                clock=lambda: now[0],
            )

        with start() as first:
            payment = first.pay(first.open_order(100)["id"])
            first.pump()
            address = f"/v1/payments/{payment['id']}/refund"
            refund = requests.post(first.url + address, headers=headers, auth=auth, timeout=5).json()
        with start() as second:
            again = requests.post(second.url + address, headers=headers, auth=auth, timeout=5).json()
            assert again == refund
            assert [len(delivery.attempts) for delivery in second.deliveries()] == [1, 1, 1, 0, 0]
            now[0] += 86_400
            second.pump(limit=1)
        with start() as third:
            assert third.webhook_is_disabled()


def test_without_a_state_file_everything_ends_with_the_fake() -> None:
    with FakeRazorpay() as first:
        first.open_order(100)
    with FakeRazorpay() as second:
        assert second.entities("order") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_ends_cleanly_when_told(number: signal.Signals) -> None:
    with process("--key-id", "mine", "--key-secret", "s") as (running, url):
        turn(url, "break_api", fault="no_answer")
        assert requests.get(f"{url}/", timeout=5).ok
        running.send_signal(number)
        _, errors = running.communicate(timeout=10)
        assert (running.returncode, errors) == (0, "")


def test_a_state_file_of_something_else_is_said_plainly_and_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no database, however long this text may be")
    with process("--state", other) as (running, _):
        _, errors = running.communicate(timeout=10)
    assert (running.returncode, errors) == (1, f"cannot use {other}: file is not a database\n")
    assert other.read_text().startswith("no database")


def test_a_port_in_use_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        with pytest.raises(OSError, match="address already in use"), FakeRazorpay(port=port):
            pass
        with process("--port", str(port)) as (running, _):
            _, errors = running.communicate(timeout=10)
            assert running.returncode == 1
            assert errors.startswith("cannot listen:")
            assert "Traceback" not in errors
