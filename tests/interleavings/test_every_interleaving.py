"""C2: whatever order the statements of two handlers come in, nothing is lost, sold twice or told wrongly."""

import logging
import random
from collections.abc import Callable, Sequence
from itertools import islice

import pytest

from shared.db import WrongRowCount
from tests.interleavings import pairs, waiting
from tests.interleavings.pairs import Meeting
from tests.interleavings.stepping import orders, run
from tests.seats.school import School

type Pair = Callable[[School], Meeting]

PAIRS: list[Pair] = [
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
BROKEN: list[tuple[Pair, bool]] = [
    (pairs.failed_and_captured, True),
    (pairs.captured_and_refund, True),
    (pairs.register_and_register, True),
    (pairs.register_and_claim_in_two, False),
    (pairs.look_and_open_twice, False),
    (pairs.generate_and_revoke, True),
    (pairs.reward_and_reward, True),
    (pairs.release_and_captured, True),
    (waiting.open_and_captured_reading_what_is_not_locked, False),
    (waiting.register_and_join_by_an_old_snapshot, False),
    (waiting.register_and_erase, True),
    (waiting.open_and_cancel, True),
    (waiting.complete_and_plan_by_an_old_snapshot, False),
]
"""Twins that are broken by themselves, or by taking their locks away."""
FORGET = (
    *(b"admins", b"session_attendance", b"certificates", b"certificate_drafts", b"certificate_changes"),
    *(b"certificate_tree_nodes", b"certificate_tree_heads"),
)


def taking(school: School, pair: Pair, *, unlocked: bool) -> Callable[[Sequence[int]], list[tuple[int, bool]]]:
    """Takes one order of the pair's statements, on a school with nothing else in it."""

    def take(prefix: Sequence[int]) -> list[tuple[int, bool]]:
        forget(school)
        meeting = pair(school)
        taken = run(school.database, school.look, [meeting.left, meeting.right], prefix, unlocked=unlocked)
        meeting.holds()
        return taken

    return take


def forget(school: School) -> None:
    school.forget()
    with school.look.transaction():
        school.look.execute("set local session_replication_role = replica")
        for table in FORGET:
            school.look.execute(b"delete from " + table)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.__name__)
def test_no_order_of_their_statements_breaks_anything(school: School, pair: Pair) -> None:
    tried = sum(1 for _ in orders(taking(school, pair, unlocked=False)))
    logging.getLogger(__name__).info("%d orders of %s", tried, pair.__name__)
    assert tried >= 10


@pytest.mark.parametrize(("twin", "unlocked"), BROKEN, ids=lambda each: getattr(each, "__name__", ""))
def test_some_order_breaks_a_broken_twin(school: School, twin: Pair, *, unlocked: bool) -> None:
    with pytest.raises((AssertionError, WrongRowCount)):  # or the commit refuses what would be lost
        list(islice(orders(taking(school, twin, unlocked=unlocked), random.Random(1)), 300))
