"""The part of a WebSocket event of API Gateway that is read."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RequestContext(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    route_key: Literal["$connect", "$disconnect", "$default"] = Field(alias="routeKey")
    connection_id: str = Field(alias="connectionId")
    request_id: str = Field(alias="requestId", default="")


class SocketEvent(BaseModel):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html"""

    model_config = ConfigDict(extra="ignore", frozen=True)

    request_context: RequestContext = Field(alias="requestContext")
    query: dict[str, str] | None = Field(alias="queryStringParameters", default=None)
    headers: dict[str, str] | None = None

    @property
    def token(self) -> str:
        """`?token=`, for browsers cannot set a header on a WebSocket; others may send Authorization."""
        given = (self.query or {}).get("token")
        if given:
            return given
        headers = {name.lower(): value for name, value in (self.headers or {}).items()}
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""
