"""What tests need beside Python, got when the first test needs it, so that a chosen few wait for nothing else."""

import fcntl
import os
import shutil
import subprocess

from tools.transform import ROOT

PACKAGES = {"chromium": "chromium", "pdftoppm": "poppler-utils", "pgbouncer": "pgbouncer"}
"""Debian's packages of the programs."""


def program(name: str) -> str:
    """Its path; raises FileNotFoundError where it is missing and there is no apt to get it with."""
    if (found := _find(name)) is None:
        get("tools/debian-packages", f"{name}={PACKAGES[name]}")
        found = _find(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing; tools/debian-packages gets it where there is apt")
    return found


def get(*command: str) -> None:
    """Run a command that installs something, one at a time among all workers of the tests; it may find all in place."""
    with (ROOT / ".tools" / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{ROOT}/.tools/debian/bin:{os.environ['PATH']}:/usr/sbin")
