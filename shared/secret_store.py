"""Secrets from Secrets Manager, kept for five minutes so that a rotated one is picked up."""

import json
import time
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

KEPT_SECONDS = 300
_kept: dict[str, tuple[float, dict[str, str]]] = {}


@cache
def _client() -> "SecretsManagerClient":
    import boto3  # noqa: PLC0415 - 200 ms that a warm start never pays

    client: Any = boto3.client("secretsmanager")  # pyright: ignore[reportUnknownMemberType]
    return client


def secret(secret_id: str) -> dict[str, str]:
    """The JSON object stored under a name or ARN; at most five minutes old."""
    kept = _kept.get(secret_id)
    if kept is None or kept[0] < time.monotonic():
        fetched = json.loads(_client().get_secret_value(SecretId=secret_id)["SecretString"])
        kept = _kept[secret_id] = (time.monotonic() + KEPT_SECONDS, fetched)
    return kept[1]


def forget() -> None:
    """Read every secret anew, as a fresh execution environment would."""
    _kept.clear()
    _client.cache_clear()
