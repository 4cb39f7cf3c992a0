"""The OpenAPI 3.1 document of all functions, made from their routers, the template and the examples of events/."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "functions" / "status" / "openapi.json"
PREFIX = "#/components/schemas/"
PROBLEM = {"$ref": f"{PREFIX}Problem"}
