"""The order a held seat is paid with: between two transactions Razorpay is asked, never inside one."""

from collections.abc import Callable
from uuid import UUID

from shared import db
from shared.actors import service_for, user
from shared.errors import Conflict
from shared.log import log_failure
from shared.payments.errors import GatewayDown
from shared.payments.gateway import Gateway
from shared.registrations import queries, service
from shared.registrations.models import CheckoutOrder, OpenOrder, Registration


def open_order(gateway: Gateway, registration_id: UUID, user_id: UUID) -> tuple[Registration, CheckoutOrder]:
    """The order a registration is paid with: the open one, or a new one under the registration's stable receipt.

    Raises NotFound, Conflict (`nothing_to_pay`) and GatewayDown.
    """
    registration, known = _payable(registration_id, user_id)
    if known is None:
        created = gateway.create_order(
            amount=registration.amount,
            currency=registration.currency,
            receipt=registration_id.hex,
            notes={"registrationId": str(registration_id)},
        )
        with db.transaction(service_for(user_id)) as conn:
            queries.insert_order(
                conn,
                registration_id=registration_id,
                user_id=user_id,
                order_id=created.id,
                amount=registration.amount,
                currency=registration.currency,
            )
        registration, known = _payable(registration_id, user_id)
        if known is None:
            raise _nothing_to_pay()
    return registration, CheckoutOrder(
        id=known.razorpay_order_id, amount=known.amount, currency=known.currency, key_id=gateway.key_id
    )


def try_open_order(connect: Callable[[], Gateway], registration: Registration, user_id: UUID) -> CheckoutOrder | None:
    """The order of a seat that was just taken, if there is something to pay.

    The seat must not be lost because the provider is down: then there is no order yet, and it is asked for again.
    """
    if registration.status != "pending":
        return None
    try:
        return open_order(connect(), registration.id, user_id)[1]
    except GatewayDown as error:
        log_failure(error)
        return None


def _payable(registration_id: UUID, user_id: UUID) -> tuple[Registration, OpenOrder | None]:
    with db.transaction(user(user_id), read_only=True) as conn:
        registration = service.find_registration(conn, registration_id, user_id)
        orders = queries.list_orders(conn, registration_id, user_id)
    if registration.status != "pending":
        raise _nothing_to_pay()
    return registration, next((order for order in orders if order.status in ("initiated", "failed")), None)


def _nothing_to_pay() -> Conflict:
    return Conflict("There is nothing to pay for this registration.", code="nothing_to_pay")
