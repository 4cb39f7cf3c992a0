"""Billing details: what a person wants on receipts, instead of the profile's name."""

from uuid import UUID

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.registrations import queries
from functions.registrations.models import BillingDetails, BillingDetailsAnswer
from shared import auth, db
from shared.actors import service_for, user
from shared.errors import NotFound
from shared.profiles.service import create_profile

routes = APIGatewayHttpRouter()
PATH = "/functions/v1/billing-details"


@routes.get(PATH, summary="What the caller wants on receipts", tags=["Payments"])
def get_billing_details() -> BillingDetailsAnswer:
    """What the next receipt will say; issued ones never change."""
    user_id = auth.caller(routes.current_event.raw_event)
    with db.transaction(user(user_id), read_only=True) as conn:
        return BillingDetailsAnswer(billing_details=queries.find_billing_details(conn, user_id) or BillingDetails())


@routes.put(PATH, summary="Say what is wanted on receipts", tags=["Payments"])
def put_billing_details(body: BillingDetails) -> BillingDetailsAnswer:
    """Replaces everything. Holds for receipts that are issued from now on, which is within minutes of a payment."""
    claims = auth.claims_of(routes.current_event.raw_event)
    user_id = auth.user_id_of(claims)
    stored = _set(user_id, body)
    if stored is None:
        create_profile(user_id, claims)
        stored = _set(user_id, body)
    if stored is None:
        raise NotFound("profile")
    return BillingDetailsAnswer(billing_details=stored)


def _set(user_id: UUID, details: BillingDetails) -> BillingDetails | None:
    with db.transaction(service_for(user_id)) as conn:
        return queries.set_billing_details(conn, user_id, details)
