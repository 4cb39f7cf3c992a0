"""GET /functions/v1/health, and the API's documentation at /functions/v1/docs and /functions/v1/openapi.json."""

from pathlib import Path
from typing import Annotated, Any

import psycopg
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path as Param
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.status import queries, service
from functions.status.models import DatabaseState, Health
from shared import db
from shared.actors import ANONYMOUS
from shared.config import settings
from shared.errors import NotFound, Unavailable
from shared.invocations import invocation
from shared.refusals import answers, published
from shared.routing import Router

app = Router()
OPENAPI = Path(__file__).with_name("openapi.json")
DOCS = Path(__file__).with_name("docs")
FILES = {"docs.css": "text/css; charset=utf-8", "docs.js": "text/javascript; charset=utf-8"}
SCRIPT_OR_STYLE: dict[int, Any] = {
    200: {
        "description": "OK",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in FILES.values()},
    }
}
CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"}
PAGE_HEADERS = CACHED | {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


@app.get(
    "/functions/v1/health",
    summary="Build, database, migrations and queue",
    tags=["Status"],
    responses={
        200: {"description": "OK"},
        503: {"description": "The database does not answer", "content": {"application/json": {"model": Health}}},
    },
)
def get_health() -> Response[Health]:
    """503 while the database does not answer; `degraded` also while migrations are missing or notifications late."""
    try:
        seen = _read_state()
    except Unavailable:
        seen = None
    health = service.health(
        seen,
        stage=settings().stage,
        build=str(getattr(app.lambda_context, "function_version", "")),
        expected=service.expected_migrations(),
    )
    return Response(status_code=200 if seen else 503, content_type="application/json", body=health)


@app.get(
    "/functions/v1/openapi.json",
    summary="This document",
    tags=["Status"],
    responses=published("application/json"),
    compress=True,
)
def get_openapi() -> Response[str]:
    """OpenAPI 3.1. Generate clients from it; `info.version` changes with the API."""
    return Response(status_code=200, content_type="application/json", body=OPENAPI.read_text(), headers=dict(CACHED))


@app.get(
    "/functions/v1/docs",
    summary="This document as a page to browse and try",
    tags=["Status"],
    responses=published("text/html"),
    compress=True,
)
def get_docs() -> Response[str]:
    """The page reads the document and calls its operations on this server; it stores nothing."""
    page = (DOCS / "index.html").read_text()
    return Response(status_code=200, content_type="text/html; charset=utf-8", body=page, headers=dict(PAGE_HEADERS))


@app.get(
    "/functions/v1/docs/<name>",
    summary="A file of the documentation page",
    tags=["Status"],
    responses=SCRIPT_OR_STYLE | answers(not_found=404),
    compress=True,
)
def get_docs_file(name: Annotated[str, Param(description="`docs.css` or `docs.js`.")]) -> Response[str]:
    """Its style and its script."""
    if name not in FILES:
        raise NotFound("file")
    return Response(status_code=200, content_type=FILES[name], body=(DOCS / name).read_text(), headers=dict(CACHED))


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


def _read_state() -> DatabaseState | None:
    try:
        with db.transaction(ANONYMOUS, read_only=True) as conn:
            return queries.read_state(conn)
    except psycopg.errors.UndefinedFunction:  # a database from before there was anything to ask
        return DatabaseState(applied=[], queue_age_seconds=0)
