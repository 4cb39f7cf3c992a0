"""What signed links of mails open without a login: the page of a seat, and a receipt."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.registrations import queries, seat_page
from shared import db, languages, links
from shared.actors import SERVICE
from shared.errors import NotFound
from shared.pages import HEADERS
from shared.receipts import answers as receipt_answers
from shared.receipts import service as receipts
from shared.refusals import answers, published

routes = APIGatewayHttpRouter()
Token = Annotated[str, Query(max_length=200, description="The token of the link in the mail.")]


@routes.get(
    "/functions/v1/registration",
    summary="The page of a seat",
    tags=["Registrations"],
    responses=published("text/html", 200, 404),
)
def show_seat(token: Token) -> Response[str]:
    """When the sessions are and how to join them, the receipt and the calendar. For who has the link of a mail."""
    try:
        registration_id = links.registration_of(token)
    except NotFound:
        return _page(404, seat_page.unknown(languages.negotiated(routes.current_event.headers.get("accept-language"))))
    with db.transaction(SERVICE, read_only=True) as conn:
        seat = queries.find_seat_page(conn, registration_id)
    if seat is None:
        return _page(404, seat_page.unknown(languages.DEFAULT_LANGUAGE))
    return _page(200, seat_page.page_of(seat))


@routes.get(
    "/functions/v1/receipt",
    summary="The receipt behind a mail's link",
    tags=["Payments"],
    responses=answers(not_found=404, not_paid=409) | receipt_answers.RECEIPT_RESPONSES,
)
def show_receipt(token: Token) -> Response[str]:
    """A PDF; issued now if it was not yet."""
    payment_id = links.payment_of(token)
    documents = receipts.find_or_issue(SERVICE, SERVICE, payment_id)
    return receipt_answers.receipt_answer(
        documents, routes.current_event.headers.get("accept"), f"/functions/v1/payments/{payment_id}"
    )


def _page(status: int, body: str) -> Response[str]:
    return Response(status_code=status, content_type="text/html; charset=utf-8", body=body, headers=HEADERS)
