"""No oversell, no stranded seat, every captured rupee seated or refunded, every reward backed by two paid referrals."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from functions.process_referrals import queries as referral_queries
from functions.process_referrals.models import Due
from shared import db
from shared.actors import SERVICE, service_for
from shared.cancellations import queries as cancellation_queries
from shared.cancellations import service as cancellations
from shared.payments import queries as payment_queries
from shared.payments.models import PaymentEntity, RefundEntity
from shared.registrations import service as registrations
from shared.registrations.models import Registration
from shared.seats import queries as seat_queries
from shared.seats import service as seats
from tests.seats.invariants import Violation
from tests.seats.machine import SeatsMachine
from tests.seats.school import COOLING, HOLD, School, always

STEPS = 40


def explore(school: School, examples: int, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> None:
    machine = type("Machine", (SeatsMachine,), {"school": school})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=True,
            phases=phases,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_seats_money_and_rewards_hold_whatever_happens_in_whatever_order(school: School) -> None:
    explore(school, 100)
