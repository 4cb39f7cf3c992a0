"""Makes an HTTP API's routes from its OpenAPI body, as CloudFormation does on AWS and MiniStack 1.5 does not."""

from typing import Any

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}


def create(client: Any, api_id: str, body: dict[str, Any]) -> int:
    """Replace what the API has by what `body` says, intrinsic functions resolved; returns the number of routes."""
    _clear(client, api_id)
    client.update_api(ApiId=api_id, CorsConfiguration=_capitalised(body.get("x-amazon-apigateway-cors", {})))
    schemes = body.get("components", {}).get("securitySchemes", {})
    authorizers = {name: _create_authorizer(client, api_id, name, it) for name, it in schemes.items()}
    integrations: dict[str, str] = {}
    operations = [
        (method, path, operation)
        for path, methods in body["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    for method, path, operation in operations:
        integration = operation["x-amazon-apigateway-integration"]
        uri = integration["uri"]
        if uri not in integrations:
            integrations[uri] = _create_integration(client, api_id, integration)
        _create_route(client, api_id, _route_key(method, path), integrations[uri], _security(operation, authorizers))
    return len(operations)


def _clear(client: Any, api_id: str) -> None:
    for route in client.get_routes(ApiId=api_id)["Items"]:
        client.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    for integration in client.get_integrations(ApiId=api_id)["Items"]:
        client.delete_integration(ApiId=api_id, IntegrationId=integration["IntegrationId"])
    for authorizer in client.get_authorizers(ApiId=api_id)["Items"]:
        client.delete_authorizer(ApiId=api_id, AuthorizerId=authorizer["AuthorizerId"])


def _create_authorizer(client: Any, api_id: str, name: str, scheme: dict[str, Any]) -> str:
    authorizer = scheme["x-amazon-apigateway-authorizer"]
    created = client.create_authorizer(
        ApiId=api_id,
        Name=name,
        AuthorizerType=authorizer["type"].upper(),
        IdentitySource=[authorizer["identitySource"]],
        JwtConfiguration=_capitalised(authorizer["jwtConfiguration"]),
    )
    return created["AuthorizerId"]


def _create_integration(client: Any, api_id: str, integration: dict[str, Any]) -> str:
    created = client.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=integration["uri"],
        IntegrationMethod=integration["httpMethod"],
        PayloadFormatVersion=integration["payloadFormatVersion"],
    )
    return created["IntegrationId"]


def _create_route(client: Any, api_id: str, key: str, integration_id: str, security: dict[str, Any]) -> None:
    client.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integration_id}", **security)


def _security(operation: dict[str, Any], authorizers: dict[str, str]) -> dict[str, Any]:
    required: list[dict[str, list[str]]] = operation.get("security", [])
    for name, scopes in (pair for each in required for pair in each.items()):
        if name in authorizers:
            return {"AuthorizationType": "JWT", "AuthorizerId": authorizers[name], "AuthorizationScopes": scopes}
    return {"AuthorizationType": "NONE"}


def _route_key(method: str, path: str) -> str:
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method.startswith('x-') else method.upper()} {path}"


def _capitalised(values: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI says allowOrigins where the API says AllowOrigins."""
    return {name[0].upper() + name[1:]: value for name, value in values.items()}
