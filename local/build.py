"""`sam build` for this machine's processor, run again only when something that goes into it has changed."""

import asyncio
import hashlib
import os
import platform
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from local.process import log_tail
from local.state import PROJECT, StackError, StateFolder

SOURCES = ["template.yaml", "Makefile", "tools/sam.txt", "functions", "shared", "layers"]
SAM = PROJECT / ".tools" / "sam" / "bin" / "sam"


def architecture() -> str:
    """This machine's processor in Lambda's words: arm64 or x86_64."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def source_hash() -> str:
    """SHA-256 over the names and contents of everything the build reads, and the processor it is for."""
    digest = hashlib.sha256(architecture().encode())
    for file in _source_files():
        digest.update(f"\0{file.relative_to(PROJECT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        source = PROJECT / name
        if source.is_file():
            yield source
        for folder, _, files in sorted(os.walk(source)):
            if "__pycache__" not in folder:
                yield from (Path(folder, file) for file in sorted(files) if not file.endswith(".pyc"))


def sam_environment() -> dict[str, str]:
    """SAM takes its Python from PATH and needs one that is 3.13: the one running this."""
    path = os.pathsep.join([str(Path(sys.executable).parent), str(SAM.parent), os.environ.get("PATH", "")])
    quick = {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.5", "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, "PATH": path, **quick}


async def build(state: StateFolder) -> Path:
    """Build everything below the state folder; returns the built template. Raises StackError."""
    if not SAM.exists():
        raise StackError("the SAM CLI is not installed; run: make setup")
    folder = state.path("build")
    options = ["--build-dir", str(folder), "--parameter-overrides", f"Architecture={architecture()}"]
    await run([str(SAM), "build", *options], state.path("logs", "build.log"), sam_environment())
    return folder / "template.yaml"


async def run(command: list[str], log: Path, environment: dict[str, str]) -> None:
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
        name = " ".join([Path(command[0]).name, command[1]])
        full = " (the disk is full)" if "No space left on device" in log_tail(log, 20_000) else ""
        raise StackError(f"{name} failed{full}; the end of {log}:\n{log_tail(log)}")
