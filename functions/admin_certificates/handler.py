"""/functions/v1/admin/certificates: find, revoke, reissue with a corrected name."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.admin_certificates import service
from functions.admin_certificates.models import (
    CertificateAnswer,
    CertificateList,
    ReissueCertificateRequest,
    RevokeCertificateRequest,
)
from shared import auth, clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.certificates import files
from shared.certificates.models import Certificate
from shared.invocations import invocation
from shared.log import logger
from shared.metrics import Metric
from shared.notifications.handoff import hand_off
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers
from shared.routing import Router, created

app = Router(authorize=auth.admin_caller)
PATH = "/functions/v1/admin/certificates"


@app.get(PATH, summary="Certificates, the newest first", tags=["Admin"])
def list_certificates(
    event_id: Annotated[UUID | None, Query(alias="eventId")] = None,
    user_id: Annotated[UUID | None, Query(alias="userId")] = None,
    number: Annotated[
        str | None, Query(max_length=40, description="Only the certificate with this printed number.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> CertificateList:
    """Revoked ones, too."""
    admin = administrator_of(app.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_certificates(
            conn, event_id=event_id, user_id=user_id, number=number, cursor=cursor, limit=limit
        )


@app.post(
    f"{PATH}/<certificate_id>/revoke",
    summary="Revoke a certificate",
    tags=["Admin"],
    responses=answers(200, not_found=404, already_revoked=409),
)
def revoke_certificate(certificate_id: Annotated[UUID, Path()], body: RevokeCertificateRequest) -> CertificateAnswer:
    """For good: a revoked certificate is never issued again, only reissued here."""
    admin = administrator_of(app.current_event.raw_event)
    with db.transaction(administrator(admin.id)) as conn:
        row = service.revoke(conn, certificate_id, body.reason.strip(), clock.now())
        admin.record(conn, "certificate.revoke", "certificate", row.id, old={"revokedAt": None}, new=_revocation(row))
    hand_off(conn.enqueued)
    logger.info("certificate_revoked", certificate_id=str(row.id))
    return CertificateAnswer(certificate=service.to_answer(row))


@app.post(
    f"{PATH}/<certificate_id>/reissue",
    summary="Reissue with another name",
    tags=["Admin"],
    status_code=201,
    responses=answers(201, not_found=404, already_replaced=409, reissue_lost=409, name_not_printable=422),
)
def reissue_certificate(
    certificate_id: Annotated[UUID, Path()], body: ReissueCertificateRequest
) -> Response[CertificateAnswer]:
    """A new certificate with a number of its own; the old one is revoked and points to it."""
    admin = administrator_of(app.current_event.raw_event)
    now = clock.now()
    with db.transaction(administrator(admin.id)) as conn:
        before, draft = service.prepare_replacement(conn, certificate_id, body.recipient_name, now)
        conn.measure(Metric.CERTIFICATES_ATTEMPTED)
    printed = files.store(draft)
    with db.transaction(administrator(admin.id)) as conn:
        old, new = service.replace(conn, certificate_id, printed, body.reason.strip(), now)
        conn.measure(Metric.CERTIFICATES_GENERATED)
        admin.record(conn, "certificate.reissue", "certificate", old.id, old=_revocation(before), new=_revocation(old))
    hand_off(conn.enqueued)
    logger.info("certificate_reissued", certificate_id=str(old.id), new_certificate_id=str(new.id))
    return created(CertificateAnswer(certificate=service.to_answer(new)))


@invocation
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.serve(event, context)


def _revocation(row: Certificate) -> dict[str, Any]:
    return {
        "revokedAt": row.revoked_at.isoformat() if row.revoked_at else None,
        "revokeReason": row.revoke_reason,
        "replacedBy": str(row.replaced_by) if row.replaced_by else None,
    }
