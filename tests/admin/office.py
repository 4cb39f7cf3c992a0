"""An administrator who asks, and what the audit log then says."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.deployed import Answer, Deployed


@dataclass(frozen=True)
class Office:
    deployed: Deployed
    admin: UUID

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        return self.deployed.request(
            "admin", method, f"admin/{path}", user=self.admin, groups=["admin"], body=body, query=query
        )

    def audited(self) -> list[dict[str, Any]]:
        """What was written down, the oldest first."""
        return self.deployed.rows(
            "select action, resource_type, resource_id, old_values, new_values from admin_audit_logs order by position"
        )
