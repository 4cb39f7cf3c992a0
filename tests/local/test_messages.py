"""What people read when a machine lacks something: in plain words, with what to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.__main__ import FULL, explained, free_bytes
from local.state import PROJECT


@pytest.mark.parametrize(("free", "is_full"), [(0, True), (15_000_000, True), (17_000_000, False)])
def test_a_full_disk_is_named_where_a_program_did_not(free: int, is_full: bool) -> None:
    assert (FULL in explained("MiniStack did not save its state", free)) == is_full


def test_free_space_is_looked_for_where_a_folder_would_be(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "yet") > 0


def test_a_setup_without_a_registry_says_what_it_needs(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    command = ["tools/environment", ".tools/uv", "tools/uv.txt"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **nowhere}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "needs the package registry" in done.stderr
    assert not (tmp_path / ".tools" / "uv" / ".ready").exists()


def test_without_python_3_13_it_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "cat").symlink_to(shutil.which("cat") or "")
    nothing = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        ["/bin/sh", "tools/python"], cwd=PROJECT, env=nothing, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "uv python install 3.13" in done.stderr
