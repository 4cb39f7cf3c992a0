"""Where registrations and payments come from, kept for a while to find fraud in it; nothing is refused for it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.config import settings
from shared.db import Connection
from shared.devices import queries
from shared.secret_store import secret

type Action = Literal["registered", "payment_opened", "payment_verified"]


@dataclass(frozen=True)
class Device:
    """What tells one device from another, as a keyed hash, and the address it was seen at."""

    hash: bytes
    ip_address: str | None


def device_of(event: Mapping[str, Any]) -> Device:
    """The device of a request: what its client calls it (`X-Device-Id`), else its address and browser together."""
    http: Mapping[str, Any] = event.get("requestContext", {}).get("http", {})
    address = http.get("sourceIp")
    named = str((event.get("headers") or {}).get("x-device-id", "")).strip()[:200]
    told = f"id {named}" if named else f"{address} {http.get('userAgent')}"
    key = secret(settings().device_secret_id)["key"]
    return Device(hmac.new(key.encode(), told.encode(errors="replace"), hashlib.sha256).digest(), address)


def record(
    conn: Connection, device: Device, action: Action, user_id: UUID, registration_id: UUID, now: datetime
) -> None:
    """Note where a user did something about a registration of theirs; another one's or none is not noted."""
    queries.upsert_sighting(
        conn,
        user_id=user_id,
        registration_id=registration_id,
        action=action,
        device_hash=device.hash,
        ip_address=device.ip_address,
        now=now,
    )
