"""/functions/v1/generate-certificate: a student's certificates, and what anybody needs to check one.

The GET route is public because of `?token=`, so the token of a user who asks without one is verified here.
"""

import json
from datetime import timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from functions.generate_certificate import badges, queries, service, verification, verification_page
from functions.generate_certificate.models import (
    CertificateAnswer,
    CertificateRequest,
    UnknownCertificate,
    Verification,
    VerificationOrList,
)
from functions.generate_certificate.uploads import with_file_hashed
from shared import auth, clock, db, tokens
from shared.actors import SERVICE, user
from shared.certificates import heads, keys, storage, tree_queries
from shared.certificates import service as certificates
from shared.certificates.models import Certificate
from shared.config import settings
from shared.errors import AppError, NotFound, Unauthenticated
from shared.invocations import invocation
from shared.log import logger
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.problems import problem_response
from shared.refusals import answers, published
from shared.routing import Router

app = Router()
PATH = certificates.PATH
TAGS = ["Certificates"]
Token = Annotated[str, Query(description="The certificate's verification token")]
JSON = "application/json"
JWT = "application/vc+jwt"
PAGE: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
UNKNOWN: dict[int, Any] = {
    404: {"description": "No certificate of ours", "content": {JSON: {"model": UnknownCertificate}, **PAGE}}
}
VERIFIED: dict[int, Any] = {
    200: {"description": "The certificate", "content": {JSON: {"model": Verification}, **PAGE}},
    **UNKNOWN,
}
VERIFIED_OR_LISTED: dict[int, Any] = {
    200: {
        "description": "The certificate of the token; without one, the caller's",
        "content": {JSON: {"model": VerificationOrList}, **PAGE},
    },
    **UNKNOWN,
}
LINKED: dict[int, Any] = {302: {"description": "`Location` works for a quarter of an hour", "content": {}}}


@app.post(
    PATH,
    summary="The certificate of a registration",
    tags=TAGS,
    responses=answers(200, 201, not_found=404, certificate_not_due=409),
)
def generate(body: CertificateRequest) -> Response[CertificateAnswer]:
    """201 when it is issued now, 200 when it already was. 409 `certificate_not_due` says what is missing."""
    user_id = auth.caller(app.current_event.raw_event)
    issued = service.issue(user_id, body.registration_id, clock.now())
    with db.transaction(user(user_id), read_only=True) as conn:
        certificate = service.find_own(conn, user_id, body.registration_id)
    logger.info("certificate_asked_for", registration_id=str(body.registration_id), issued=issued)
    return Response(201 if issued else 200, JSON, CertificateAnswer(certificate=certificate))


@app.get(
    PATH,
    summary="Verify a certificate by its token; without one, the caller's certificates",
    tags=TAGS,
    responses=VERIFIED_OR_LISTED,
)
def verify_or_list(
    token: Annotated[str | None, Query(description="The certificate's verification token")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response[str]:
    """A page for browsers, JSON for programs."""
    if token is not None:
        with db.transaction(SERVICE, read_only=True) as conn:
            row = verification.by_token(conn, token)
            found = verification.verify(conn, row) if row else None
        return _verification(found)
    bearer = tokens.bearer_of(app.current_event.raw_event)
    if bearer is None:
        raise Unauthenticated("A bearer token or a certificate's token is needed.")
    user_id = tokens.verify(bearer).user_id
    with db.transaction(user(user_id), read_only=True) as conn:
        return _json(200, service.list_own(conn, user_id, cursor=cursor, limit=limit))


@app.post(
    f"{PATH}/verify",
    summary="Verify the PDF of a certificate",
    tags=TAGS,
    responses=VERIFIED | answers(body_too_large=413, not_a_pdf=422),
)
def verify_pdf() -> Response[str]:
    """The body is the file (`application/pdf`), or a form with one file. 404 unless it is the one we issued."""
    pdf_hash = bytes.fromhex(app.current_event.body or "")
    with db.transaction(SERVICE, read_only=True) as conn:
        row = queries.find_by_pdf(conn, pdf_hash)
        found = verification.verify(conn, row) if row else None
    return _verification(found, is_file=True)


@app.get(f"{PATH}/pdf", summary="The PDF of a certificate", tags=TAGS, responses=LINKED | answers(not_found=404))
def open_pdf(token: Token) -> Response[str]:
    """Leads to a link that works for a quarter of an hour."""
    row = _find(token)
    to = storage.link(row.pdf_key, row.certificate_number)
    return Response(
        302, "text/plain", "", {"Location": to, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )


@app.get(
    f"{PATH}/badge",
    summary="A certificate as an Open Badge 3.0",
    tags=TAGS,
    responses=published(JWT) | answers(not_found=404),
)
def download_badge(token: Token) -> Response[str]:
    """A W3C Verifiable Credential in a JWT; its status list knows whether it was revoked."""
    row = _find(token)
    named = {"Content-Disposition": f'attachment; filename="{row.certificate_number}.jwt"'}
    return Response(200, JWT, badges.badge(row), named)


@app.get(
    f"{PATH}/status-lists/<number>",
    summary="Which badges were revoked (Bitstring Status List)",
    tags=TAGS,
    responses=published(JWT),
)
def show_status_list(
    number: Annotated[int, Path(ge=0, le=1_000_000, description="Number of the list, from 0.")],
) -> Response[str]:
    """A W3C Bitstring Status List in a JWT: bit n is set when the badge of that index was revoked."""
    first = number * badges.LIST_SIZE
    with db.transaction(SERVICE, read_only=True) as conn:
        revoked = queries.list_revoked(conn, first, first + badges.LIST_SIZE - 1)
    signed = badges.status_list(number, revoked, clock.now())
    return Response(200, JWT, signed, _cached(timedelta(minutes=5)))


@app.get(f"{PATH}/keys", summary="The keys that sign badges and tree heads", tags=TAGS, responses=published(JSON))
def list_keys() -> Response[str]:
    """A JWK set: RSA for badges, Ed25519 for the tree heads of the log."""
    ours = [
        {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key_id, "x": badges.base64url(raw)}
        for key_id, raw in keys.public_keys().items()
    ]
    return _plain({"keys": [badges.public_key(), *ours]})


@app.get(
    f"{PATH}/keys/<name>",
    summary="The key of a badge, as its `kid` names it",
    tags=TAGS,
    responses=published(JSON) | answers(not_found=404),
)
def show_key(name: Annotated[str, Path(max_length=100, description="Last part of `kid`.")]) -> Response[str]:
    """A JWK, for whoever verifies a badge."""
    key = badges.public_key()
    if not key["kid"].endswith(f"/{name}"):
        raise NotFound("key")
    return _plain(key)


@app.get(f"{PATH}/issuer", summary="Who issues the badges", tags=TAGS, responses=published(JSON))
def show_issuer() -> Response[str]:
    """An Open Badges 3.0 profile."""
    return _plain(badges.issuer(settings().certificate_issuer))


@app.get(
    f"{PATH}/tree-head",
    summary="The latest signed head of the certificates' log",
    tags=TAGS,
    responses=published(JSON) | answers(not_found=404),
)
def show_tree_head() -> Response[str]:
    """RFC 6962: whoever keeps it can later prove that the log was not rewritten."""
    with db.transaction(SERVICE, read_only=True) as conn:
        head = tree_queries.latest_head(conn)
    if head is None:
        raise NotFound("tree head")
    return _plain(heads.published(head))


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        return app.serve(with_file_hashed(event, f"{PATH}/verify"), context)
    except AppError as refusal:
        return problem_response(refusal, str(event.get("requestContext", {}).get("requestId", "")))


def _find(token: str) -> Certificate:
    with db.transaction(SERVICE, read_only=True) as conn:
        row = verification.by_token(conn, token)
    if row is None:
        raise NotFound("certificate")
    return row


def _verification(found: Verification | None, *, is_file: bool = False) -> Response[str]:
    status = 200 if found else 404
    headers = verification_page.headers() | {"Vary": "Accept"}
    if "text/html" in app.current_event.headers.get("accept", ""):
        upload_url = f"{settings().public_base_url.rstrip('/')}{PATH}/verify"
        page = verification_page.page(found, upload_url=upload_url, is_file=is_file)
        return Response(status, "text/html; charset=utf-8", page, headers)
    return _json(status, found or UnknownCertificate(), headers)


def _json(status: int, body: BaseModel, headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, JSON, body.model_dump_json(by_alias=True), dict(headers or {"Cache-Control": "no-store"}))


def _plain(body: dict[str, Any]) -> Response[str]:
    return Response(200, JSON, json.dumps(body), _cached(timedelta(hours=1)))


def _cached(age: timedelta) -> dict[str, Any]:
    return {"Cache-Control": f"public, max-age={int(age.total_seconds())}"}
