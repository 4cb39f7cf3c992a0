"""Cold import of each handler from the built layer, as a ratio to psycopg and pydantic from the same layer."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

RUNS = 7
FLOOR = "import psycopg, pydantic"
WEBHOOK_BUDGET, BUDGET = 1.3, 1.8


def measure(build: Path) -> dict[str, float]:
    """Median CPU time of each handler's import over the floor's, pair by pair in one loop."""
    handlers = {path.parent.name: path.parents[2] for path in build.glob("*Function/functions/*/handler.py")}
    seconds: dict[str, list[float]] = {name: [] for name in handlers}
    for _ in range(RUNS):
        floor = _cpu_seconds(FLOOR, build, build)
        for name, folder in handlers.items():
            taken = _cpu_seconds(f"import functions.{name}.handler", build, folder)
            seconds[name].append(taken / floor)
    return {name: median(ratios) for name, ratios in sorted(seconds.items())}


def budget_of(function: str) -> float:
    return WEBHOOK_BUDGET if function == "razorpay_webhook" else BUDGET


def _cpu_seconds(code: str, build: Path, folder: Path) -> float:
    layers = [build / f"{name}Layer" / "python" for name in ("Common", "Documents", "Migrations")]
    path = os.pathsep.join(str(each) for each in [folder, *layers])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # -S keeps the environment's own packages out, so that only the layer is imported.
    subprocess.run([sys.executable, "-S", "-c", code], env={"PYTHONPATH": path}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
