"""Opens the order of a held seat. Razorpay is called between transactions, never inside one."""

from collections.abc import Callable
from uuid import UUID

from shared import db
from shared.actors import service_for, user
from shared.errors import Conflict
from shared.log import log_failure
from shared.payments.errors import GatewayDown
from shared.payments.gateway import Gateway
from shared.registrations import queries, service
from shared.registrations.models import CheckoutOrder, Registration, RegistrationOrder


def open_order(gateway: Gateway, registration_id: UUID, user_id: UUID) -> tuple[Registration, CheckoutOrder]:
    """The registration's open order, or a new one whose receipt is the registration's id.

    Raises NotFound, GatewayDown and Conflict: `nothing_to_pay`, and `payment_held` while a payment of another amount
    waits for an administrator's decision.
    """
    registration, known = _find_payable(registration_id, user_id)
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
        registration, known = _find_payable(registration_id, user_id)
        if known is None:
            raise _nothing_to_pay()
    return registration, CheckoutOrder(
        id=known.razorpay_order_id, amount=known.amount, currency=known.currency, key_id=gateway.key_id
    )


def try_open_order(connect: Callable[[], Gateway], registration: Registration, user_id: UUID) -> CheckoutOrder | None:
    """The order of a seat that was just taken; None when there is nothing to pay or Razorpay is down.

    The seat is kept while Razorpay is down, and the client asks for the order again.
    """
    if registration.status != "pending":
        return None
    try:
        return open_order(connect(), registration.id, user_id)[1]
    except GatewayDown as error:
        log_failure(error)
        return None


def _find_payable(registration_id: UUID, user_id: UUID) -> tuple[Registration, RegistrationOrder | None]:
    with db.transaction(user(user_id), read_only=True) as conn:
        registration = service.find_registration(conn, registration_id, user_id)
        orders = queries.list_orders(conn, registration_id, user_id)
        is_held = queries.is_payment_held(conn, registration_id)
    if registration.status != "pending":
        raise _nothing_to_pay()
    if is_held:
        raise Conflict("We received another amount than was due and are looking into it.", code="payment_held")
    return registration, next((order for order in orders if order.status in ("initiated", "failed")), None)


def _nothing_to_pay() -> Conflict:
    return Conflict("There is nothing to pay for this registration.", code="nothing_to_pay")
