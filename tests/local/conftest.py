"""One local stack for all tests that need one."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from local.source_code import SOURCE_FOLDERS
from local.state import PROJECT
from tests.local.running_stack import RunningStack
from tests.programs import get
from tools import clients


@pytest.fixture(scope="session")
def running_stack(server_folder: Path) -> Generator[RunningStack]:
    get("make", "setup")
    sources = server_folder / "sources"
    for name in SOURCE_FOLDERS:
        shutil.copytree(PROJECT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    running = RunningStack(server_folder / "stack", sources=sources)
    try:
        running.start()
        yield running
    finally:
        if running.process:
            running.stop()


@pytest.fixture
def stack(running_stack: RunningStack) -> RunningStack:
    """The stack, running: a test that stopped it starts it again."""
    if running_stack.process is None:
        running_stack.start()
    return running_stack


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the TypeScript and the Python client."""
    get("make", ".tools/openapi-client/.ready")
    folder = tmp_path_factory.mktemp("clients")
    clients.write(folder)
    return folder
