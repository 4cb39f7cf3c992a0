"""Confirms a payment that Checkout reported. Razorpay is called between transactions, never inside one."""

import hashlib
import hmac
from uuid import UUID

from functions.registrations import queries
from functions.registrations.models import CheckoutResult, VerifyPaymentAnswer
from shared import clock, db
from shared.actors import service_for, user
from shared.errors import AppError, Conflict, Invalid
from shared.notifications.handoff import hand_off
from shared.payments import queries as payment_queries
from shared.payments import service as payments
from shared.payments.errors import GatewayRefused
from shared.payments.gateway import Gateway
from shared.payments.models import PaymentEntity, PaymentOutcome
from shared.registrations import service
from shared.registrations.models import RegistrationOrder


def verify(gateway: Gateway, registration_id: UUID, user_id: UUID, result: CheckoutResult) -> VerifyPaymentAnswer:
    """Confirm a payment that Checkout reported, through the same code path as the webhook.

    The signature proves which order was paid, not that the payment was captured, so it is fetched from Razorpay.
    Raises NotFound, Invalid (`order_mismatch`, `invalid_signature`), Conflict (`payment_not_captured`), GatewayDown.
    """
    order = _own_order(registration_id, user_id, result)
    if not is_checkout_signature(
        gateway.key_secret, order.razorpay_order_id, result.razorpay_payment_id, result.razorpay_signature
    ):
        raise Invalid("The signature is wrong.", code="invalid_signature")
    if order.razorpay_payment_id == result.razorpay_payment_id:
        return _answer("already_applied", order, result, user_id)
    payment = _captured_payment(gateway, order, result)
    outcome = _apply(user_id, order, payment, result)
    if outcome == "held":
        raise Conflict("The amount paid is not the amount due; we are looking into it.", code="payment_held")
    return _answer(outcome, order, result, user_id)


def is_checkout_signature(key_secret: str, order_id: str, payment_id: str, signature: str) -> bool:
    """https://razorpay.com/docs/payments/payment-gateway/web-integration/standard/integration-steps/ section 1.5."""
    expected = hmac.new(key_secret.encode(), f"{order_id}|{payment_id}".encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


def _own_order(registration_id: UUID, user_id: UUID, result: CheckoutResult) -> RegistrationOrder:
    """The order from our database: the posted order id proves nothing.

    An old order can have paid the seat that its payer holds now, so it may belong to another registration of theirs
    for the same event.
    """
    with db.transaction(user(user_id), read_only=True) as conn:
        registration = service.find_registration(conn, registration_id, user_id)
        order = queries.find_order(conn, result.razorpay_order_id, registration.event_id, user_id)
    if order is None:
        raise Invalid("This order does not belong to the registration.", code="order_mismatch")
    return order


def _captured_payment(gateway: Gateway, order: RegistrationOrder, result: CheckoutResult) -> PaymentEntity:
    try:
        payment = gateway.fetch_payment(result.razorpay_payment_id)
        if payment.status == "authorized" and payment.order_id == order.razorpay_order_id:
            payment = gateway.capture(payment)
    except GatewayRefused as error:
        raise Invalid("Razorpay does not know this payment.", code="unknown_payment") from error
    if payment.order_id != order.razorpay_order_id:
        raise Invalid("This payment is of another order.", code="order_mismatch")
    if not payment.is_captured:
        raise Conflict(f"The payment is {payment.status}; nothing was charged yet.", code="payment_not_captured")
    return payment


def _apply(user_id: UUID, order: RegistrationOrder, payment: PaymentEntity, result: CheckoutResult) -> PaymentOutcome:
    now = clock.now()
    with db.transaction(service_for(user_id)) as conn:
        locked = payment_queries.lock_order(conn, order.razorpay_order_id).fetchone()
        if locked is None:
            raise AppError("An order has disappeared.")
        with conn.pipeline():
            outcome = payments.apply_payment(conn, locked, payment, reported_at=now, now=now)
            payment_queries.save_signature(conn, locked.transaction_id, result.razorpay_signature)
    hand_off(conn.enqueued)
    return outcome


def _answer(
    outcome: PaymentOutcome, order: RegistrationOrder, result: CheckoutResult, user_id: UUID
) -> VerifyPaymentAnswer:
    """What became of the payment, whether the webhook or this request was first."""
    with db.transaction(user(user_id), read_only=True) as conn:
        current = queries.find_order_registration(conn, order.id)
        registration = service.find_registration(conn, current, user_id)
        refunded = queries.find_refund_status(conn, result.razorpay_payment_id)
    if refunded is not None and registration.status != "confirmed":
        outcome = "refunded" if refunded == "processed" else "refund_requested"
    status = "confirmed" if registration.status == "confirmed" else outcome
    return VerifyPaymentAnswer(status=status, registration=registration)
