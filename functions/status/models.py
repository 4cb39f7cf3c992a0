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
    """`build` is the version of this function that runs.

    `migrations` are behind when the build has some that the database lacks, and unknown where something else than
    `make migrate` applied them. `queueAgeSeconds` says how long the oldest unsent notification has been due.
    """

    status: Literal["ok", "degraded"]
    stage: str
    build: str
    database: Literal["reachable", "unreachable"]
    migrations: Literal["applied", "behind", "unknown"]
    queue_age_seconds: int | None
