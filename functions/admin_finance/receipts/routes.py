"""Receipts and credit notes of anybody's payments."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from shared.actors import administrator
from shared.audit.service import administrator_of
from shared.receipts import answers as receipt_answers
from shared.receipts import service as receipts
from shared.receipts.models import BillingDocuments
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/admin/payments/<payment_id>"


@routes.get(
    f"{PATH}/receipt",
    summary="The receipt of a payment",
    tags=["Admin"],
    responses=answers(not_found=404, not_paid=409) | receipt_answers.RECEIPT_RESPONSES,
)
def get_receipt(payment_id: Annotated[UUID, Path()]) -> Response[str]:
    """The same document that the student gets."""
    return receipt_answers.receipt_answer(
        _find_documents(payment_id), routes.current_event.headers.get("accept"), _receipt_path(payment_id)
    )


@routes.get(
    f"{PATH}/credit-notes/<note_id>",
    summary="The credit note of a refund",
    tags=["Admin"],
    responses=answers(not_found=404, not_paid=409) | receipt_answers.CREDIT_NOTE_RESPONSES,
)
def get_credit_note(payment_id: Annotated[UUID, Path()], note_id: Annotated[UUID, Path()]) -> Response[str]:
    """The same document that the student gets."""
    accept = routes.current_event.headers.get("accept")
    return receipt_answers.credit_note_answer(_find_documents(payment_id), note_id, accept, _receipt_path(payment_id))


def _find_documents(payment_id: UUID) -> BillingDocuments:
    admin = administrator(administrator_of(routes.current_event.raw_event).id)
    return receipts.find_or_issue(admin, admin, payment_id)


def _receipt_path(payment_id: UUID) -> str:
    return PATH.replace("<payment_id>", str(payment_id))
