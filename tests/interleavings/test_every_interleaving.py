"""C2: in every interleaving of the statements of two handlers the invariants hold."""

import logging
import random
from collections.abc import Callable, Sequence
from itertools import islice

import pytest

from shared.db import WrongRowCount
from tests.interleavings import pairs, waiting
from tests.interleavings.pairs import HandlerPair
from tests.interleavings.stepping import interleavings, run_interleaving
from tests.seats.simulation import PlatformSimulation

type PairFactory = Callable[[PlatformSimulation], HandlerPair]

PAIRS: list[PairFactory] = [
    pairs.failed_and_captured,
    pairs.captured_and_refund,
    pairs.register_and_register,
    pairs.register_and_claim,
    pairs.check_in_and_check_in,
    pairs.generate_and_revoke,
    pairs.reward_and_reward,
    pairs.release_and_captured,
    waiting.open_and_captured,
    waiting.register_and_join,
    waiting.register_and_erase,
    waiting.open_and_cancel,
    waiting.complete_and_plan,
]
NEGATIVE_CONTROLS: list[tuple[PairFactory, bool]] = [
    (pairs.failed_and_captured, True),
    (pairs.captured_and_refund, True),
    (pairs.register_and_register, True),
    (pairs.register_and_claim_in_two_transactions, False),
    (pairs.check_in_without_lock, False),
    (pairs.generate_and_revoke, True),
    (pairs.reward_and_reward, True),
    (pairs.release_and_captured, True),
    (waiting.open_and_captured_with_unlocked_read, False),
    (waiting.register_and_join_with_old_snapshot, False),
    (waiting.register_and_erase, True),
    (waiting.open_and_cancel, True),
    (waiting.complete_and_plan_with_old_snapshot, False),
]
"""Pairs that are broken by their own code, or by the removal of their locks."""
EXTRA_TABLES = (
    *(b"admins", b"session_attendance", b"certificates", b"certificate_drafts", b"certificate_changes"),
    *(b"certificate_tree_nodes", b"certificate_tree_heads"),
)


def replay_with(
    simulation: PlatformSimulation, pair: PairFactory, *, unlocked: bool
) -> Callable[[Sequence[int]], list[tuple[int, bool]]]:
    """A function that runs one interleaving of the pair on an empty platform."""

    def take(prefix: Sequence[int]) -> list[tuple[int, bool]]:
        reset(simulation)
        meeting = pair(simulation)
        taken = run_interleaving(
            simulation.database, simulation.look, [meeting.left, meeting.right], prefix, unlocked=unlocked
        )
        meeting.holds()
        return taken

    return take


def reset(simulation: PlatformSimulation) -> None:
    simulation.reset()
    with simulation.look.transaction():
        simulation.look.execute("set local session_replication_role = replica")
        for table in EXTRA_TABLES:
            simulation.look.execute(b"delete from " + table)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.__name__)
def test_every_interleaving_keeps_the_invariants(simulation: PlatformSimulation, pair: PairFactory) -> None:
    tried = sum(1 for _ in interleavings(replay_with(simulation, pair, unlocked=False)))
    logging.getLogger(__name__).info("%d interleavings of %s", tried, pair.__name__)
    assert tried >= 10


@pytest.mark.parametrize(("control", "unlocked"), NEGATIVE_CONTROLS, ids=lambda each: getattr(each, "__name__", ""))
def test_some_interleaving_breaks_a_negative_control(
    simulation: PlatformSimulation, control: PairFactory, *, unlocked: bool
) -> None:
    with pytest.raises((AssertionError, WrongRowCount)):  # WrongRowCount: an update found no row
        list(islice(interleavings(replay_with(simulation, control, unlocked=unlocked), random.Random(1)), 300))
