"""Where a request came from."""

from collections.abc import Mapping
from typing import Any

from functions.session_management.models import ClientDevice


def device_of(event: Mapping[str, Any]) -> ClientDevice:
    """As API Gateway saw it."""
    http: dict[str, Any] = event.get("requestContext", {}).get("http", {})
    agent = http.get("userAgent")
    return ClientDevice(ip_address=http.get("sourceIp"), user_agent=str(agent)[:500] if agent else None)
