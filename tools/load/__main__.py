"""Puts load on a deployed stack: `python -m tools.load <requests per second> <seconds> [<stage>]`.

Bounded, for somebody pays for it and the public routes are throttled. Writes a page with what was measured.
"""

import subprocess
import sys
from pathlib import Path

from tools.npm_packages import ROOT
from tools.stacks import DeployedStack

MOST_A_SECOND, MOST_SECONDS = 100, 600
LOCUST = ROOT / ".tools" / "locust" / "bin" / "locust"
REPORT = ROOT / ".local" / "load.html"


def bounded(rate: int, seconds: int) -> tuple[int, int]:
    """Exits when more is asked for than a mistake should cost."""
    if not (0 < rate <= MOST_A_SECOND and 0 < seconds <= MOST_SECONDS):
        sys.exit(f"RATE is at most {MOST_A_SECOND} a second and SECONDS at most {MOST_SECONDS}")
    return rate, seconds


def main(rate: int, seconds: int, stage: str | None) -> int:
    """locust's status: 1 when a request failed."""
    rate, seconds = bounded(rate, seconds)
    address = DeployedStack.of(stage).base_url
    REPORT.parent.mkdir(exist_ok=True)
    command = [str(LOCUST), "--headless", "--locustfile", str(Path(__file__).with_name("visitors.py"))]
    command += ["--host", address, "--users", str(rate), "--spawn-rate", str(rate), "--run-time", f"{seconds}s"]
    command += ["--html", str(REPORT), "--only-summary", "--loglevel", "WARNING"]
    status = subprocess.run(command, check=False).returncode
    print(f"report: {REPORT}")
    return status


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if sys.argv[3:] else None))
