"""Razorpay's own SDK, with what it lacks: time limits, typed refusals, today's certificates.

What this works around in 2.0.1: no default timeout, exceptions without a status, a CA bundle of 2015, a mutable default
argument in `capture`. Importing it costs 150 ms, so only `shared.payments.gateway` does, when Razorpay is first asked.
"""

from typing import Any

import certifi
import razorpay
import requests
from requests.adapters import HTTPAdapter

from shared.payments.gateway import GatewayDown, GatewayRefused

TIMEOUT_SECONDS = (3.0, 7.0)
"""To connect and to wait for bytes; together with two transactions below API Gateway's 30 s."""


class Sdk:
    """One account's client. `ask` raises GatewayDown or GatewayRefused and nothing else."""

    def __init__(self, base_url: str, key_id: str, key_secret: str) -> None:
        session = requests.Session()
        session.mount("https://", _TimeLimited())
        session.mount("http://", _TimeLimited())
        session.hooks["response"] = [_raise_refusal]
        self._client: Any = razorpay.Client(session=session, auth=(key_id, key_secret), base_url=base_url)
        self._client.cert_path = certifi.where()

    def ask(self, resource: str, method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(getattr(self._client, resource), method)(*args, **kwargs)
        except requests.RequestException as error:
            raise GatewayDown("The payment provider cannot answer now.") from error


class _TimeLimited(HTTPAdapter):
    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().send(request, *args, **{**kwargs, "timeout": TIMEOUT_SECONDS})


def _raise_refusal(response: requests.Response, *_: Any, **__: Any) -> requests.Response:
    if response.ok:
        return response
    if response.status_code == 429 or response.status_code >= 500:
        wait = response.headers.get("Retry-After", "")
        raise GatewayDown(
            "The payment provider cannot answer now.",
            wait_seconds=int(wait) if wait.isdigit() else None,
            is_limit=response.status_code == 429,
        )
    try:
        error = response.json()["error"]
        raise GatewayRefused(response.status_code, error.get("reason"), str(error.get("description", "")))
    except (requests.JSONDecodeError, LookupError, TypeError, AttributeError) as unknown:
        raise GatewayDown("The payment provider cannot answer now.") from unknown
