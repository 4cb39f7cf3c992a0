"""An administrator who asks, and what the audit log then says."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.access.routes import deployed_routes
from tests.deployed import Answer, DeployedFunctions

FUNCTIONS = {path.split("/")[4]: function for _, path, function in deployed_routes() if "/v1/admin/" in path}
"""The function that answers each resource of administrators, as the template says."""


@dataclass(frozen=True)
class AdminClient:
    deployed: DeployedFunctions
    admin: UUID

    def request(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        function = FUNCTIONS[path.partition("/")[0]]
        return self.deployed.request(
            function, method, f"admin/{path}", user=self.admin, groups=["admin"], body=body, query=query
        )

    def audit_rows(self) -> list[dict[str, Any]]:
        """What was written down, the oldest first."""
        return self.deployed.rows(
            "select action, resource_type, resource_id, old_values, new_values from admin_audit_logs order by position"
        )
