"""No oversell, no stranded seat, every captured rupee seated or refunded, every reward backed by two paid referrals."""

import traceback
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from functions.process_referrals import queries as reward_queries
from functions.process_referrals.models import DueReward
from shared import db
from shared.actors import SERVICE, service_for
from shared.cancellations import queries as cancellation_queries
from shared.cancellations import service as cancellations
from shared.payments import queries as payment_queries
from shared.payments import refund_queries
from shared.payments.models import PaymentEntity
from shared.registrations import service as registrations
from shared.registrations.models import Registration
from tests.seats.invariants import Violation
from tests.seats.machine import SeatsMachine
from tests.seats.simulated_razorpay import Snapshot
from tests.seats.simulation import HOLD, PlatformSimulation, code_of

STEPS = 40


def explore(simulation: PlatformSimulation, examples: int, *phases: Phase) -> None:
    machine = type("Machine", (SeatsMachine,), {"simulation": simulation})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=phases,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
            report_multiple_bugs=False,
        ),
    )


@pytest.mark.timeout(900)
def test_the_invariants_hold_for_any_requests_in_any_order(simulation: PlatformSimulation) -> None:
    explore(simulation, 100, Phase.generate, Phase.shrink)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_invariants_hold_in_300_runs_of_40_steps(simulation: PlatformSimulation) -> None:
    explore(simulation, 300, Phase.generate, Phase.shrink)


class Overbooking(PlatformSimulation):
    """Registers without a check for a free seat."""

    def register(self, who: UUID, event_id: UUID, referrer: UUID | None = None) -> Registration:
        with db.transaction(service_for(who)) as conn:
            event = registrations.lock_event(conn, event_id, who)
            code = code_of(referrer) if referrer else None
            seat = registrations.take_seat(
                conn, event, who, source="direct", referral_code=code, hold=HOLD, now=self.now
            )
            return registrations.find_registration(conn, seat, who)


class SeatStranding(PlatformSimulation):
    """Cancels without offering the seat."""

    def cancel(self, who: UUID, registration_id: UUID) -> None:
        with db.transaction(service_for(who)) as conn:
            cancellations.cancel(conn, [registration_id], "student_cancelled", refund_percent=100, now=self.now)


class KeepingRefunds(PlatformSimulation):
    """Cancels without a refund."""

    def cancel(self, who: UUID, registration_id: UUID) -> None:
        with db.transaction(service_for(who)) as conn:
            ids = [registration_id]
            cancelled = cancellations.cancel(conn, ids, "student_cancelled", refund_percent=0, now=self.now)
        for each in cancelled:
            self.offer_free_seats(each.event_id)


class KeepingLatePayments(PlatformSimulation):
    """Keeps the payment for a seat that is gone."""

    def deliver(self, order_id: str, entity: Snapshot) -> None:
        with db.transaction(SERVICE) as conn:
            order = payment_queries.lock_order(conn, order_id).fetchone()
            if order and isinstance(entity, PaymentEntity) and order.registration_status in ("cancelled", "expired"):
                payment_queries.record_attempt(conn, order.transaction_id, entity, self.now)
                return
        super().deliver(order_id, entity)


class RewardingEarly(PlatformSimulation):
    """Rewards the first referral."""

    def process_referrals(self) -> None:
        super().process_referrals()
        with db.transaction(SERVICE) as conn:
            for due in reward_queries.list_due_rewards(conn, 1, None, 10):
                reward_queries.lock_event(conn, due.event_id)
                self._reward(conn, due, self.now)

    @staticmethod
    def _reward(conn: db.Connection, due: DueReward, now: datetime) -> None:
        counted = reward_queries.lock_completed(conn, due, 1)
        reward_queries.insert_reward(conn, due, kind="credit", registration_id=None, amount=1, currency="INR", now=now)
        reward_queries.mark_rewarded(conn, counted, now)


class ForgettingReferrals(PlatformSimulation):
    """Cancels and refunds without revoking rewards."""

    def cancel(self, who: UUID, registration_id: UUID) -> None:
        with db.transaction(service_for(who)) as conn:
            cancelled = cancellation_queries.cancel_registrations(conn, [registration_id], "admin", self.now)
            refund_queries.request_refunds(conn, [each.id for each in cancelled], 100, "admin")
        for each in cancelled:
            self.offer_free_seats(each.event_id)


BROKEN = [
    (Overbooking, "oversold"),
    (SeatStranding, "a seat is free while somebody waits"),
    (KeepingRefunds, "neither bought a seat nor goes back"),
    (KeepingLatePayments, "neither bought a seat nor goes back"),
    (RewardingEarly, "not backed by two paid referrals"),
    (ForgettingReferrals, "not backed by two paid referrals"),
]


@pytest.mark.parametrize(("broken", "what"), BROKEN, ids=lambda each: getattr(each, "__name__", ""))
def test_a_planted_fault_is_found(simulation: PlatformSimulation, broken: type[PlatformSimulation], what: str) -> None:
    control = broken(simulation.database, simulation.look)
    with pytest.raises((Violation, Flaky)) as found:  # Flaky: found, but the replay differs
        explore(control, 200, Phase.generate)
    assert what in "".join(traceback.format_exception(found.value))
