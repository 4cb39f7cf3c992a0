"""Fraud signals: list them with their evidence, mark one as reviewed."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.admin_operations.fraud_signals import service
from functions.admin_operations.fraud_signals.models import SignalAnswer, SignalKind, SignalList, SignalReviewRequest
from shared import clock, db
from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/fraud-signals"


@routes.get(PATH, summary="Fraud signals, the latest first", tags=["Admin"])
def list_signals(
    kind: Annotated[SignalKind | None, Query(description="Only signals of this kind.")] = None,
    reviewed: Annotated[bool | None, Query(description="Only reviewed or unreviewed signals.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> SignalList:
    """Each states what was counted; none blocks anybody."""
    admin = administrator_of(routes.current_event.raw_event)
    with db.transaction(administrator(admin.id), read_only=True) as conn:
        return service.list_signals(conn, kind=kind, is_reviewed=reviewed, cursor=cursor, limit=limit, now=clock.now())


@routes.post(
    f"{PATH}/<signal_id>/review",
    summary="Mark a fraud signal as reviewed",
    tags=["Admin"],
    responses=answers(200, not_found=404),
)
def review_signal(signal_id: Annotated[UUID, Path()], body: SignalReviewRequest) -> SignalAnswer:
    """For the accounts it has now; when one more joins it is unreviewed again."""
    admin = administrator_of(routes.current_event.raw_event)
    note = body.note.strip()
    with db.transaction(administrator(admin.id)) as conn:
        before, after = service.review_signal(conn, signal_id, note, admin.id, clock.now())
        new = {"kind": after.kind, "accounts": [str(account) for account in after.accounts], "note": note}
        old = {"note": before.review.note} if before.review else None
        admin.record(conn, "fraud_signal.review", "fraud_signal", signal_id, old=old, new=new)
    return SignalAnswer(fraud_signal=after)
