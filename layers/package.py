"""Installs, trims and compiles the packages of a layer: `package.py <layer> <target> [<source folder>...]`.

Run in `layers/<architecture>`. Lambda's /opt is read-only and `sam build` ships no bytecode, so without the
compiled files every cold start compiles every module anew. The same input gives the same bytes.
"""

import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from py_compile import PycInvalidationMode

LAYERS = Path(__file__).resolve().parent
TEXTS = LAYERS.parent / "shared" / "texts"
CACHE = LAYERS.parent / ".tools" / "layers"

# Nothing here imports these; fontTools has the same modules as plain Python too.
UNUSED = (
    "bin",
    "share",
    "**/__pycache__",
    "**/*.pyi",
    "**/*.c",
    "**/*.pxd",
    "**/tests",
    "fontTools/**/*.so",
    "PIL/_avif*.so",
    "pillow.libs/libavif*",
)


def main(layer: str, target: Path, sources: list[Path]) -> None:
    lines = Path("platforms.txt").read_text().splitlines()
    packages = installed(LAYERS / layer / "requirements.txt", [tag for tag in lines if tag[:1] != "#"])
    shutil.copytree(packages, target, dirs_exist_ok=True)
    for source in sources:
        replace_code(source, target / source.name, target, "/opt/python")


def installed(requirements: Path, platforms: list[str]) -> Path:
    """The folder of these packages, trimmed and compiled: made once, then found by its content."""
    content = [
        requirements.read_bytes(),
        Path(__file__).read_bytes(),
        " ".join(platforms).encode(),
        " ".join(sorted(written_languages())).encode(),
    ]
    folder = CACHE / hashlib.sha256(b"\0".join(content)).hexdigest()[:16]
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        packages = Path(scratch) / "python"
        install(requirements, platforms, packages)
        trim(packages)
        compile_bytecode(packages, packages, "/opt/python")
        try:
            packages.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another build was faster
                raise
    return folder


def install(requirements: Path, platforms: list[str], target: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--require-hashes",
        "--no-deps",
    ]
    command += ["--disable-pip-version-check", "--root-user-action=ignore", "--only-binary=:all:"]
    command += ["--implementation=cp", "--python-version=3.13", *(f"--platform={tag}" for tag in platforms)]
    subprocess.run([*command, f"--target={target}", f"--requirement={requirements}"], check=True)


def written_languages() -> set[str]:
    """The languages that people are written to in, and CLDR's root, which every locale builds on."""
    return {"root", *(file.stem for file in TEXTS.glob("*.toml"))}


def trim(packages: Path) -> None:
    for locale in packages.glob("babel/locale-data/*"):  # 34 MB of a thousand locales
        if locale.stem.partition("_")[0] not in written_languages():
            locale.unlink()
    for path in [found for pattern in UNUSED for found in packages.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in packages.glob("*.dist-info/**/*"):
        if path.is_file() and path.name not in {"METADATA", "entry_points.txt"}:
            path.unlink()
    for path in sorted(packages.glob("*.dist-info/**/"), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()


def replace_code(source: Path, target: Path, root: Path, deployed_root: str) -> None:
    """Copy a folder of our own code over `target`, below `root`, and compile it."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    compile_bytecode(target, root, deployed_root)


def compile_bytecode(folder: Path, root: Path, deployed_root: str) -> None:
    """Compile to unchecked-hash files: a zip resets the times that ordinary ones are checked against."""
    mode = PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(folder, quiet=1, stripdir=root, prependdir=deployed_root, invalidation_mode=mode):
        sys.exit(f"{folder} does not compile")


def fix_hash_seed() -> None:
    """Start this program again unless it writes the sets of bytecode in the same order each time."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONHASHSEED": "0"})


if __name__ == "__main__":
    fix_hash_seed()
    main(sys.argv[1], Path(sys.argv[2]), [Path(source) for source in sys.argv[3:]])
