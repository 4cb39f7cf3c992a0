"""Every route that the template deploys, with what openapi.json says of it: whoever adds one is tested."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from tests.template.rules import PUBLIC_ROUTES
from tools.openapi import DOCUMENT
from tools.transform import sam_template

Who = Literal["everybody", "user", "admin", "service"]

# Who may call what, by the first part of the path; a path that is not here may be called by nobody.
CALLERS: dict[str, Who] = {
    "admin": "admin",
    "analytics-report": "admin",
    "process-referrals": "service",
    "send-notifications": "service",
    "payment-reconciliation": "service",
    **dict.fromkeys(
        (
            "analytics-events", "feedback", "generate-certificate", "me", "notification-preferences", "notifications",
            "billing-details", "payments", "recordings", "referrals", "registrations", "session-management",
            "sessions", "waitlist",
        ),
        "user",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """`path` names parameters as `{id}`; `operation` is OpenAPI's."""

    method: str
    path: str
    function: str
    operation: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def who(self) -> Who:
        """Who may call it; raises KeyError for what nobody was given."""
        role = CALLERS.get(self.path.removeprefix("/functions/v1/").split("/")[0])
        if role != "service" and str(self) in PUBLIC_ROUTES:
            return "everybody"
        if role is None:
            raise KeyError(f"say in CALLERS who may call {self}")
        return role

    @property
    def takes_ids(self) -> bool:
        return "{" in self.path

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of the JSON it takes."""
        content = self.operation.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")

    def parameters(self, place: str) -> list[dict[str, Any]]:
        return [each for each in self.operation.get("parameters", ()) if each["in"] == place]


@cache
def document() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text())


def shape(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}]+\}", "{}", path)


def deployed_routes() -> Iterator[tuple[str, str, str]]:
    """Method, path and function's folder of each HTTP route in the template."""
    for resource in sam_template()["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "HttpApi":
                folder = resource["Properties"]["CodeUri"].removeprefix("functions/").rstrip("/")
                yield event["Properties"]["Method"].upper(), event["Properties"]["Path"], folder


@cache
def routes() -> tuple[Route, ...]:
    """Raises KeyError for a route that openapi.json lacks."""
    documented = {
        (verb.upper(), shape(path)): operation
        for path, operations in document()["paths"].items()
        for verb, operation in operations.items()
    }
    return tuple(
        Route(method, path, folder, documented[method, shape(path)])
        for method, path, folder in sorted(deployed_routes())
    )
