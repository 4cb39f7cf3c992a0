"""The functions' code in the working tree, watched by `make up` so that a change is live without a deployment."""

import os
from collections.abc import Iterator
from pathlib import Path

from local.state import PROJECT

SOURCE_FOLDERS = ("functions", "shared")
"""What functions load their own code from; anything else needs another `make up`."""


def root() -> Path:
    """The folder of SOURCE_FOLDERS: the project's, or that of SOURCE_CODE."""
    return Path(os.environ.get("SOURCE_CODE") or PROJECT)


def snapshot(sources: Path) -> dict[str, tuple[int, int]]:
    """Time of change and size of each file, by its path."""
    return {
        path: (found.st_mtime_ns, found.st_size) for name in SOURCE_FOLDERS for path, found in _files(sources / name)
    }


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "__pycache__")) or entry.name.endswith(("~", ".tmp")):
                continue  # what editors and Python write beside the code
            if entry.is_dir():
                yield from _files(Path(entry.path))
            else:
                yield entry.path, entry.stat()
