"""sam build for one processor, and only what changed: `python -m tools.build <architecture> [<folder>]`.

`sam build` spends five seconds even when nothing changed, and its --cached misses edits of shared/ (its key is
the layer's own folder). Functions and shared code are plain copies, so after the first build they are copied here.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter

from layers.package import fix_hash_seed, replace_code

ROOT = Path(__file__).resolve().parent.parent
FRAME = ("template.yaml", "samconfig.toml", "layers", "tools/sam.txt")
CODE = ("functions", "shared", "sql")
DEPLOYED = "arm64"  # the template's default, whose output `sam deploy` and `sam local invoke` look for


def build_folder(architecture: str) -> Path:
    """Where the build for this processor goes; never where a deployment of the other one would pick it up."""
    return ROOT / ".aws-sam" / ("build" if architecture == DEPLOYED else f"build-{architecture}")


def main(architecture: str, folder: Path) -> None:
    started = perf_counter()
    stamp = folder / "stamp.json"
    built: dict[str, str] = json.loads(stamp.read_text()) if stamp.exists() else {}
    now = {"frame": digest(FRAME), "code": digest(CODE)}
    if built == now:
        print(f"build for {architecture}: nothing changed ({os.path.relpath(folder)})")
        return
    stamp.unlink(missing_ok=True)
    if built.get("frame") != now["frame"]:
        sam_build(architecture, folder)
    copy_code(folder)
    stamp.write_text(json.dumps(now))
    print(f"built for {architecture} in {perf_counter() - started:.1f} s ({os.path.relpath(folder)})")


def digest(names: Iterable[str]) -> str:
    """One hash over the names and contents of these files and of all files in these folders."""
    total = hashlib.sha256()
    for path in sorted(found for name in names for found in files(ROOT / name)):
        total.update(f"{path.relative_to(ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def files(path: Path) -> list[Path]:
    found = path.rglob("*") if path.is_dir() else [path]
    return [file for file in found if file.is_file() and "__pycache__" not in file.parts]


def sam_build(architecture: str, folder: Path) -> None:
    tools = ROOT / ".tools" / "sam" / "bin"
    parameters = ["--parameter-overrides", f"Architecture={architecture}"]
    command = [tools / "sam", "build", "--build-dir", folder, *parameters]
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nsam build failed; what it said is above")


def copy_code(folder: Path) -> None:
    """Bring the code of the functions and of the layers up to date, compiled for where Lambda puts it."""
    for built in folder.glob("*Function/functions/*"):
        replace_code(ROOT / "functions" / built.name, built, built.parents[1], "/var/task")
    for name, layer in (("shared", "CommonLayer"), ("sql", "MigrationsLayer")):
        packages = folder / layer / "python"
        replace_code(ROOT / name, packages / name, packages, "/opt/python")


if __name__ == "__main__":
    fix_hash_seed()
    main(sys.argv[1], Path(sys.argv[2]).absolute() if sys.argv[2:] else build_folder(sys.argv[1]))
