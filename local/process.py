"""The programs that a stack consists of: started, awaited, ended as a group, and found again after a crash."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil

from local.state import StackError


class Service(Protocol):
    """One long-running part of the stack."""

    name: str

    @property
    def pid(self) -> int | None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def ended(self) -> str | None:
        """How it ended, in words; None while it runs."""
        ...


class Program:
    """A command with a log file and no other environment than the given; `is_ready` is asked until it says yes."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        log: Path,
        is_ready: Callable[[], bool],
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._log = log
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, seconds: float = 60) -> None:
        """Return when it is ready; raises StackError with the end of its log when it dies or does not answer."""
        self.stop()  # what is left of one that was killed
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while not self._is_ready():
            if self.ended() or time.monotonic() > deadline:
                raise StackError(f"{self.name} did not start; the end of {self._log}:\n{log_tail(self._log)}")
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            end_group(self._process.pid)
            self._process.wait()
            self._process = None

    def ended(self) -> str | None:
        return how_ended(self._process)


def how_ended(process: subprocess.Popen[bytes] | None) -> str | None:
    if process is None or process.poll() is None:
        return None
    if process.returncode < 0:
        return f"was ended by {signal.Signals(-process.returncode).name}"
    return f"ended with exit code {process.returncode}"


def log_tail(log: Path, characters: int = 2000) -> str:
    return log.read_text(errors="replace")[-characters:] if log.exists() else ""


def end_group(pid: int, seconds: float = 10) -> None:
    """Ask the leader of a process group to end, as Ctrl-C does, then end whoever of the group is left."""
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(pid)
        leader.send_signal(signal.SIGINT)
        with suppress(psutil.TimeoutExpired):
            leader.wait(seconds)
    left = [each for each in psutil.process_iter() if _group_of(each) == pid]
    for each in left:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(left, seconds)


def _group_of(process: psutil.Process) -> int | None:
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        return None if process.status() == psutil.STATUS_ZOMBIE else os.getpgid(process.pid)
    return None


class ServiceRoster:
    """Which processes belong to this stack, on disk, so that the next start can end what a crash left behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def record(self, services: list[Service]) -> None:
        running = [service.pid for service in services if service.pid]
        self._file.write_text(json.dumps([[pid, started_at(pid)] for pid in running]))

    def end_leftovers(self) -> int:
        """End what still runs from a stack that was killed; returns how many there were."""
        if not self._file.exists():
            return 0
        left = [pid for pid, began in json.loads(self._file.read_bytes()) if started_at(pid) == began]
        for pid in left:
            end_group(pid)
        self._file.unlink()
        return len(left)


def started_at(pid: int) -> float | None:
    """When the process began; a process id alone may belong to somebody else by now."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
