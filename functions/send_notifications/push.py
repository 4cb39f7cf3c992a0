"""Pushes new inbox rows to their owners' open WebSockets. The inbox has them anyway, so a push may be lost."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from functions.send_notifications import queries
from functions.send_notifications.models import InboxRow, PushMessage
from functions.send_notifications.service import Transact
from shared.config import settings
from shared.log import logger

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class ConnectionGone(Exception):
    """The connection is closed."""


class ConnectionUnreachable(Exception):
    """The connection cannot be written to now, and the next one hardly either."""


class PostToConnection(Protocol):
    """Writes to one connection; raises Gone or Unreachable."""

    def __call__(self, connection_id: str, data: bytes) -> None: ...


def push(transact: Transact, post: PostToConnection, has_time: Callable[[], bool], rows: Sequence[InboxRow]) -> None:
    """Tell everybody who is connected about their new rows, and forget the connections that are gone."""
    if not rows:
        return
    with transact() as conn:
        connections = queries.connections_of(conn, sorted({row.user_id for row in rows}))
    gone: set[str] = set()
    try:
        for connection_id, row in _pairs(connections, rows):
            if not has_time():
                break
            if connection_id not in gone:
                _post(post, connection_id, row, gone)
    except ConnectionUnreachable as error:
        logger.warning("push_failed", error=str(error))
    if gone:
        with transact() as conn:
            queries.delete_connections(conn, sorted(gone))


def _pairs(connections: Sequence[tuple[str, UUID]], rows: Sequence[InboxRow]) -> list[tuple[str, InboxRow]]:
    by_user: dict[UUID, list[str]] = {}
    for connection_id, user_id in connections:
        by_user.setdefault(user_id, []).append(connection_id)
    return [(connection_id, row) for row in rows for connection_id in by_user.get(row.user_id, [])]


def _post(post: PostToConnection, connection_id: str, row: InboxRow, gone: set[str]) -> None:
    try:
        post(connection_id, PushMessage.of(row).model_dump_json().encode())
    except ConnectionGone:
        gone.add(connection_id)


def post_to_connection(connection_id: str, data: bytes) -> None:
    """By API Gateway's `@connections`."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - comes with boto3

    try:
        _client().post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        raise (ConnectionGone if code in {"GoneException", "410"} else ConnectionUnreachable)(code) from error
    except BotoCoreError as error:
        raise ConnectionUnreachable(type(error).__name__) from error


@cache
def _client() -> "ApiGatewayManagementApiClient":
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    limits = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
    client: Any = boto3.client("apigatewaymanagementapi", endpoint_url=settings().realtime_endpoint, config=limits)
    return client
