"""Writes the document, or with --check refuses one that is stale: `python -m tools.openapi [--check]`."""

import json
import sys

from tools.openapi import DOCUMENT, ROOT
from tools.openapi.document import document

text = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
if "--check" in sys.argv:
    if not DOCUMENT.exists() or DOCUMENT.read_text() != text:
        sys.exit("openapi.json is stale: run `make openapi` and commit it")
else:
    DOCUMENT.write_text(text)
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
