"""A wrapper of Razorpay's SDK that adds timeouts, typed errors and current CA certificates.

It works around these faults of razorpay 2.0.1: no default timeout, exceptions without an HTTP status, a CA bundle of
2015. The import costs 150 ms, so `shared.payments.gateway` imports this module only before the first call.
"""

from typing import Any

import certifi
import razorpay
import requests
from requests.adapters import HTTPAdapter

from shared import metrics
from shared.log import logger
from shared.metrics import Metric
from shared.payments.errors import GatewayDown, GatewayKeyRefused, GatewayRefused

TIMEOUT_SECONDS = (3.0, 7.0)
"""Connect and read timeout. One call and two transactions stay below API Gateway's limit of 30 s."""


class RazorpaySdk:
    """The SDK client of one Razorpay account. `call` raises only GatewayDown or GatewayRefused."""

    def __init__(self, base_url: str, key_id: str, key_secret: str) -> None:
        session = requests.Session()
        session.mount("https://", _TimeoutAdapter())
        session.mount("http://", _TimeoutAdapter())
        session.hooks["response"] = [_raise_for_error]
        self._client: Any = razorpay.Client(session=session, auth=(key_id, key_secret), base_url=base_url)
        self._client.cert_path = certifi.where()

    def call(self, resource: str, method: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(getattr(self._client, resource), method)(*args, **kwargs)
        except requests.RequestException as error:
            raise GatewayDown("The payment provider cannot answer now.") from error


class _TimeoutAdapter(HTTPAdapter):
    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().send(request, *args, **{**kwargs, "timeout": TIMEOUT_SECONDS})


def _raise_for_error(response: requests.Response, *_: Any, **__: Any) -> requests.Response:
    if response.ok:
        return response
    if response.status_code == 401:
        logger.error("gateway_key_refused")
        metrics.add(Metric.GATEWAY_KEY_REFUSED)
        raise GatewayKeyRefused
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
