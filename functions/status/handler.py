"""GET /functions/v1/health, and the API's documentation at /functions/v1/docs and /functions/v1/openapi.json."""

from pathlib import Path
from typing import Any

import psycopg
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.status import queries, service
from functions.status.models import DatabaseState, Health
from shared import db
from shared.actors import ANONYMOUS
from shared.config import settings
from shared.errors import Unavailable
from shared.invocations import invocation
from shared.refusals import published
from shared.routing import Router

app = Router()
OPENAPI = Path(__file__).with_name("openapi.json")


DOCS_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: https:; font-src data:; connect-src *; frame-ancestors 'none'; base-uri 'none'",
}
"""The page has its scripts and styles inside, and calls the API that its reader chooses."""


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
)
def get_openapi() -> Response[str]:
    """OpenAPI 3.1. Generate clients from it; `info.version` changes with the API."""
    return Response(status_code=200, content_type="application/json", body=OPENAPI.read_text())


@app.get(
    "/functions/v1/docs",
    summary="This document as a page to browse and try",
    tags=["Status"],
    responses=published("text/html"),
)
def get_docs() -> Response[str]:
    """A page that shows this document and calls its operations."""
    return Response(
        status_code=200, content_type="text/html; charset=utf-8", body=_swagger_page(), headers=DOCS_HEADERS
    )


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


def _read_state() -> DatabaseState | None:
    try:
        with db.transaction(ANONYMOUS, read_only=True) as conn:
            return queries.read_state(conn)
    except psycopg.errors.UndefinedFunction:  # a database from before there was anything to ask
        return DatabaseState(applied=[], queue_age_seconds=0)


def _swagger_page() -> str:
    """The page of Powertools, with its scripts inside: nothing is loaded from elsewhere."""
    from aws_lambda_powertools.event_handler.openapi import swagger_ui  # noqa: PLC0415 - 1.7 MB only the page needs

    assets = Path(swagger_ui.__file__).parent
    return swagger_ui.generate_swagger_html(
        spec=OPENAPI.read_text().replace("</", "<\\/"),
        swagger_js=(assets / "swagger-ui-bundle.min.js").read_text(),
        swagger_css=(assets / "swagger-ui.min.css").read_text(),
        swagger_base_url="",
        oauth2_config=None,
        persist_authorization=False,
    )
