"""captured = seats' price + refunds + disputes' loss + held, for every payment, whatever happens in which order."""

import re
import traceback
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from shared import db
from shared.actors import service_for
from shared.cancellations import queries as cancellation_queries
from shared.payments.models import ListedDispute, RefundEntity
from tests.seats.invariants import Violation
from tests.seats.money import MoneyMachine, MoneySimulation
from tests.seats.simulated_razorpay import Snapshot
from tests.seats.simulation import PlatformSimulation

STEPS = 40


def explore(simulation: MoneySimulation, examples: int, *phases: Phase) -> None:
    machine = type("Machine", (MoneyMachine,), {"simulation": simulation})
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


def of[Kind: MoneySimulation](kind: type[Kind], simulation: PlatformSimulation) -> Kind:
    made = kind(simulation.database, simulation.look)
    made.prepare()
    return made


@pytest.mark.timeout(900)
def test_the_ledger_of_every_payment_adds_up_at_every_step(simulation: PlatformSimulation) -> None:
    explore(of(MoneySimulation, simulation), 150, Phase.generate, Phase.shrink)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_ledger_adds_up_in_1000_runs(simulation: PlatformSimulation) -> None:
    explore(of(MoneySimulation, simulation), 1000, Phase.generate, Phase.shrink)


class RefundingUnderDispute(MoneySimulation):
    """Sends refunds while the payer's bank may take the same money back."""

    def send_refunds(self) -> None:
        self.look.execute("update refunds set despite_dispute = true where status = 'requested'")
        super().send_refunds()


class ForgettingLostDisputes(MoneySimulation):
    """Does not record what the bank took back."""

    def deliver(self, order_id: str, entity: Snapshot) -> None:
        if not isinstance(entity, ListedDispute):
            super().deliver(order_id, entity)


class KeepingHeldPayments(MoneySimulation):
    """Cancels a seat without returning the payment that is held for it."""

    def cancel_by_policy(self, who: UUID, registration_id: UUID) -> None:
        pending = "select 1 from registrations where id = %(id)s and status = 'pending'"
        if not self.rows(pending, id=registration_id):
            return super().cancel_by_policy(who, registration_id)
        with db.transaction(service_for(who)) as conn:
            cancelled = cancellation_queries.cancel_registrations(
                conn, [registration_id], "student_cancelled", self.now
            )
        for each in cancelled:
            self.offer_free_seats(each.event_id)
        return None


class FreeingHeldSeats(MoneySimulation):
    """Frees a seat without a look at the payment that is held for it."""

    def sweep(self) -> None:
        self.look.execute(
            "update payment_transactions set review_reason = null where status in ('initiated', 'failed')"
        )
        super().sweep()


class TrustingProcessedRefunds(MoneySimulation):
    """Ignores that a refund failed after all."""

    def deliver(self, order_id: str, entity: Snapshot) -> None:
        if not (isinstance(entity, RefundEntity) and entity.status == "failed"):
            super().deliver(order_id, entity)


class RefundingByNewTerms(MoneySimulation):
    """Refunds by the course's present start only."""

    def cancel_by_policy(self, who: UUID, registration_id: UUID) -> None:
        self.look.execute("update registrations set agreed_starts_at = null where id = %s", (registration_id,))
        super().cancel_by_policy(who, registration_id)


CONTROLS = [
    (RefundingUnderDispute, "than came in"),
    (ForgettingLostDisputes, "than came in"),
    (KeepingHeldPayments, "without a seat, a refund or a decision"),
    (FreeingHeldSeats, "without a seat, a refund or a decision"),
    (TrustingProcessedRefunds, "recorded|than came in"),
    (RefundingByNewTerms, "not refunded as agreed"),
]


@pytest.mark.parametrize(("kind", "what"), CONTROLS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_switched_off_guard_is_found(simulation: PlatformSimulation, kind: type[MoneySimulation], what: str) -> None:
    with pytest.raises((Violation, Flaky)) as found:  # Flaky: found, but the replay differs
        explore(of(kind, simulation), 300, Phase.generate)
    assert re.search(what, "".join(traceback.format_exception(found.value)))
