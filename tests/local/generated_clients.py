"""The packages that `make client` writes, installed for a test."""

import json
import shutil
import tarfile
from pathlib import Path

from tools import clients
from tools.openapi import DOCUMENT

VERSION = json.loads(DOCUMENT.read_text())["info"]["version"]


def install_typescript(packages: Path, folder: Path) -> None:
    """As `npm install` of the archive would, without a registry."""
    modules = folder / "node_modules"
    modules.mkdir()
    with tarfile.open(clients.archive(packages / "typescript")) as packed:
        packed.extractall(folder, filter="data")
    package = json.loads((folder / "package" / "package.json").read_text())
    assert package["version"] == VERSION
    (folder / "package").rename(modules / package["name"])
    for name in package["dependencies"]:
        shutil.copytree(clients.install() / name, modules / name)
