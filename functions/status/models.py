"""How the platform is."""

from dataclasses import dataclass
from typing import Literal

from shared.routing import Schema


@dataclass(frozen=True)
class DatabaseState:
    """What the database says: its migrations by id, and for how many seconds the oldest unsent notification is due."""

    applied: list[str] | None
    queue_age_seconds: float


class Health(Schema):
    status: Literal["ok", "degraded"]
    """`degraded` while the database is unreachable, migrations are missing or notifications are late."""
    stage: str
    """Name of the deployment."""
    build: str
    """Version of the function that answers."""
    database: Literal["reachable", "unreachable"]
    """Whether the database answers."""
    migrations: Literal["applied", "behind", "unknown"]
    """`behind` when the build has some that the database lacks, `unknown` where another tool applies them."""
    queue_age_seconds: int | None
    """For how many seconds the oldest unsent notification has been due; null without a database."""
