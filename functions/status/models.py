"""How the platform is."""

from typing import Literal

from shared.http import Schema


class Health(Schema):
    """`build` is the version of this function that runs."""

    status: Literal["ok", "degraded"]
    stage: str
    build: str
    database: Literal["reachable", "unreachable"]
