"""Brings the console's libraries from npm into its folder: `python -m tools.console_libraries [--check]`.

They are checked in, so that neither a build nor a deployment needs npm. tools/console pins their versions and hashes.
"""

import sys
from pathlib import Path

from tools import npm_packages
from tools.npm_packages import ROOT

TARGET = ROOT / "functions" / "console" / "libraries"
FILES = {
    "preact.js": "preact/dist/preact.mjs",
    "preact-hooks.js": "preact/hooks/dist/hooks.mjs",
    "preact-signals.js": "@preact/signals/dist/signals.mjs",
    "preact-signals-core.js": "@preact/signals-core/dist/signals-core.mjs",
    "htm.js": "htm/dist/htm.mjs",
    "oidc-client-ts.js": "oidc-client-ts/dist/esm/oidc-client-ts.js",
    "jwt-decode.js": "jwt-decode/build/esm/index.js",
}
"""Each library's module as npm delivers it, by the name it is served with."""
LICENCED = ("preact", "@preact/signals", "@preact/signals-core", "htm", "oidc-client-ts", "jwt-decode")


def contents() -> dict[str, bytes]:
    """What the folder has to hold, by file name."""
    packages = install()
    files = {name: (packages / path).read_bytes() for name, path in FILES.items()}
    licences = [f"{name}\n\n{(packages / name / 'LICENSE').read_text().strip()}\n" for name in LICENCED]
    return {**files, "LICENCES.txt": "\n\n".join(licences).encode()}


def install() -> Path:
    """The folder of the packages that tools/console pins."""
    return npm_packages.install("console", "getting the console's libraries and tools (once; 30 MB)", lambda _: None)


def main() -> None:
    wanted = contents()
    if "--check" in sys.argv:
        found = {path.name: path.read_bytes() for path in TARGET.iterdir()}
        if found != wanted:
            sys.exit(
                "functions/console/libraries is not what tools/console pins: run python -m tools.console_libraries"
            )
        return
    TARGET.mkdir(exist_ok=True)
    for name, content in wanted.items():
        (TARGET / name).write_bytes(content)
    print(f"wrote {len(wanted)} files to {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
