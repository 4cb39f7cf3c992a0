"""A course with a movable clock."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine

from tests.deployed import Deployed
from tests.kept import emptied, kept
from tests.sessions.classroom import START, Classroom

__all__ = ["emptied", "kept"]


@contextmanager
def in_session(platform: Deployed) -> Generator[Classroom]:
    event_id = platform.event(starts_at=START, ends_at=START + timedelta(hours=2), capacity=1000)
    with time_machine.travel(START, tick=False) as clock:
        yield Classroom(platform, clock, event_id)


@pytest.fixture
def classroom(emptied: Deployed) -> Iterator[Classroom]:
    with in_session(emptied) as classroom:
        yield classroom


@pytest.fixture
def own_classroom(deployed: Deployed) -> Iterator[Classroom]:
    """On a database of its own, for tests that break it."""
    with in_session(deployed) as classroom:
        yield classroom
