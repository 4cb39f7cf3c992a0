"""GET /console: the administrators' console, a page that uses this API with its reader's own token and nothing more.

Static files only: no database, no secrets, no rights. What the page may see and do is decided by the routes it calls.
"""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.console import service
from functions.console.models import SignInConfiguration
from shared.config import settings
from shared.invocations import invocation
from shared.refusals import answers, published
from shared.routing import Router

app = Router()
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"
KEPT_FOR_NOW = "public, max-age=60"
CHECKED_EACH_TIME = "public, no-cache"
TAGS = ["Console"]
FILES: dict[str, Any] = {
    kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in service.CONTENT_TYPES.values()
}


@app.get(
    "/console",
    summary="The administrators' console",
    tags=TAGS,
    responses=published("text/html"),
    compress=True,
)
def get_console(
    code: Annotated[str | None, Query(max_length=4096, description="Authorization code")] = None,
    state: Annotated[str | None, Query(max_length=4096, description="State of the page's request")] = None,
    error: Annotated[str | None, Query(max_length=200, description="Why the sign-in was refused")] = None,
    error_description: Annotated[str | None, Query(max_length=2000, description="The same in words")] = None,
    iss: Annotated[str | None, Query(max_length=2000, description="Issuer (RFC 9207)")] = None,
    session_state: Annotated[str | None, Query(max_length=2000, description="OpenID session state")] = None,
) -> Response[str]:
    """Sign-in leads back here; what it brings in the query (RFC 6749, section 4.1.2) is read by the page alone."""
    del code, state, error, error_description, iss, session_state
    configured = settings()
    configuration = SignInConfiguration(
        issuer=configured.token_issuer,
        metadata_url=configured.console_metadata_url,
        client_id=configured.console_client_id,
        scope=configured.console_scope,
        uses_cognito=configured.uses_own_pool,
        time_zone=configured.time_zone,
    )
    policy = service.content_security_policy(configuration, configured.console_origins)
    headers = {"Cache-Control": CHECKED_EACH_TIME, "Content-Security-Policy": policy, "Vary": "Accept-Encoding"}
    return Response(200, content_type="text/html; charset=utf-8", body=service.page(configuration), headers=headers)


@app.get(
    "/console/<version>/<file>",
    summary="A script, style or library of the console",
    tags=TAGS,
    responses={**answers(not_found=404), 200: {"description": "OK", "content": FILES}},
    compress=True,
)
def get_console_file(
    version: Annotated[str, Path(description="Hash of all files")],
    file: Annotated[str, Path(description="Name of one file")],
) -> Response[bytes]:
    """Under the current version, kept for good; a page of another version is served while a deployment moves on."""
    found = service.find_file(file)
    kept = KEPT_FOR_GOOD if version == service.version() else KEPT_FOR_NOW
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding", "Cross-Origin-Resource-Policy": "same-origin"}
    return Response(200, content_type=found.content_type, body=found.content, headers=headers)


@app.get(
    "/functions/v1/console", summary="To the administrators' console", tags=TAGS, responses=published("text/plain", 308)
)
def redirect_to_console() -> Response[str]:
    """For who expects the console beside the other paths."""
    location = f"{settings().public_base_url}/console"
    headers = {"Location": location, "Cache-Control": "public, max-age=300"}
    return Response(308, content_type="text/plain", body=location, headers=headers)


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)
