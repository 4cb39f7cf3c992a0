"""Receipts of the caller's payments, and credit notes of what went back."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from shared import auth
from shared.actors import service_for, user
from shared.receipts import answers as receipt_answers
from shared.receipts import service as receipts
from shared.receipts.models import BillingDocuments
from shared.refusals import answers

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/payments/<payment_id>"


@routes.get(
    f"{PATH}/receipt",
    summary="The receipt of a payment",
    tags=["Payments"],
    responses=answers(not_found=404, not_paid=409) | receipt_answers.RECEIPT_RESPONSES,
)
def get_receipt(payment_id: Annotated[UUID, Path()]) -> Response[str]:
    """A tax invoice where the supplier is registered for GST; JSON lists the credit notes too."""
    return receipt_answers.receipt_answer(
        _own_documents(payment_id), routes.current_event.headers.get("accept"), _path(payment_id)
    )


@routes.get(
    f"{PATH}/credit-notes/<note_id>",
    summary="The credit note of a refund",
    tags=["Payments"],
    responses=answers(not_found=404, not_paid=409) | receipt_answers.CREDIT_NOTE_RESPONSES,
)
def get_credit_note(payment_id: Annotated[UUID, Path()], note_id: Annotated[UUID, Path()]) -> Response[str]:
    """A PDF; JSON for `Accept: application/json`."""
    accept = routes.current_event.headers.get("accept")
    return receipt_answers.credit_note_answer(_own_documents(payment_id), note_id, accept, _path(payment_id))


def _own_documents(payment_id: UUID) -> BillingDocuments:
    user_id = auth.caller(routes.current_event.raw_event)
    return receipts.find_or_issue(user(user_id), service_for(user_id), payment_id, owner=user_id)


def _path(payment_id: UUID) -> str:
    return PATH.replace("<payment_id>", str(payment_id))
