"""`sam build` for this machine's processor, by `tools.build`, and SAM's surroundings."""

import asyncio
import fcntl
import os
import platform
import signal
import sys
from pathlib import Path

from local.process import log_tail
from local.state import PROJECT, StackError, StateFolder
from tools.build import build_folder

SAM = PROJECT / ".tools" / "sam" / "bin" / "sam"


def architecture() -> str:
    """This machine's processor in Lambda's words: arm64 or x86_64."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def template() -> Path:
    """The built template; its folder is the one that every command of this project builds into."""
    return build_folder(architecture()) / "template.yaml"


def fingerprint() -> str:
    """Changes whenever the build does."""
    return template().with_name("stamp.json").read_text()


async def build(state: StateFolder) -> str:
    """Build what has changed; returns what was done. Raises StackError."""
    if not SAM.exists():
        raise StackError("the SAM CLI is not installed; run: make setup")
    log = state.path("logs", "build.log")
    folder = template().parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        # Another stack, such as that of the tests, may be building in the same folder.
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        await run("the build", [sys.executable, "-m", "tools.build", architecture()], log, sam_environment())
    return log.read_text().strip().rpartition("\n")[2]


def sam_environment() -> dict[str, str]:
    """SAM takes its Python from PATH and needs one that is 3.13; it waits between looks at CloudFormation."""
    path = os.pathsep.join([str(SAM.parent), os.environ.get("PATH", "")])
    quick = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.5", "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, "PATH": path, **quick}


async def run(name: str, command: list[str], log: Path, environment: dict[str, str]) -> None:
    """Run to the end with the output in `log`; raises StackError with the end of it. Cancelling ends the command."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=PROJECT,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    if code:
        full = " (the disk is full)" if "No space left on device" in log_tail(log, 20_000) else ""
        raise StackError(f"{name} failed{full}; the end of {log}:\n{log_tail(log)}")
