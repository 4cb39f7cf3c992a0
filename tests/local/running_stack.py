"""The real `make up`, with a state folder and a port of its own, as the stack's tests use it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests

from local.emulator import client_of
from local.postgres import free_port
from local.stack_file import StackFile
from local.state import PROJECT

START_SECONDS = 400
"""The first start builds and deploys, on a machine that may be busy."""


@dataclass
class RunningStack:
    """One `python -m local up`; `folder` is its LOCAL_STATE."""

    folder: Path
    port: int = field(default_factory=free_port)
    sources: Path | None = None
    """A copy of the functions' code that it watches in the place of the project's."""
    process: "subprocess.Popen[bytes] | None" = None
    seconds_to_ready: float = 0

    @property
    def environment(self) -> dict[str, str]:
        sources = {"SOURCE_CODE": str(self.sources)} if self.sources else {}
        return {**os.environ, "LOCAL_STATE": str(self.folder), "PORT": str(self.port), **sources}

    @property
    def file(self) -> StackFile:
        return StackFile.model_validate_json((self.folder / "stack.json").read_bytes())

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    def start(self) -> None:
        began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local", "up"],
                cwd=PROJECT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(lambda: self.says("ready: ") or self.has_ended(), seconds=START_SECONDS)
        assert not self.has_ended(), self.log.read_text()
        self.seconds_to_ready = time.monotonic() - began

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self.process = None
        return code

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def says(self, text: str) -> bool:
        return text in self.log.read_text()

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Another command of the local stack on the same state."""
        return subprocess.run(
            [sys.executable, "-m", "local", *command],
            cwd=PROJECT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def call(self, method: str, path: str, user: str = "student", **options: Any) -> requests.Response:
        """A request of a seeded user to the API."""
        headers = {"Authorization": f"Bearer {self.file.users[user].token}", **options.pop("headers", {})}
        return requests.request(
            method, f"{self.file.base_url}/functions/v1/{path}", headers=headers, timeout=40, **options
        )

    def client(self, service: str) -> Any:
        return client_of(self.file.aws_endpoint_url, service)

    def processes(self, *words: str) -> list[psutil.Process]:
        """Everything that runs for this stack, by its command line or environment, and has these words in either."""
        return [each for each in psutil.process_iter() if _mentions(each, str(self.folder), *words)]

    def pid_of(self, name: str) -> int:
        """Of a part of the stack: emulator or postgres."""
        if name == "postgres":
            return int((self.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        (found,) = [each for each in self.processes() if each.cmdline()[-1:] == [str(PROJECT / "local" / RUNNER)]]
        return found.pid


RUNNER = "ministack_runner.py"


def _mentions(process: psutil.Process, *words: str) -> bool:
    try:
        text = json.dumps([process.cmdline(), process.environ()])
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False
    return process.pid != os.getpid() and all(word in text for word in words)


def eventually[T](look: Callable[[], T], seconds: float = 60) -> T:
    """The first true thing `look` finds."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return found
