"""A course with a movable clock."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from tests.deployed import Deployed
from tests.sessions.classroom import START, Classroom


@pytest.fixture
def classroom(deployed: Deployed) -> Iterator[Classroom]:
    event_id = deployed.event(starts_at=START, ends_at=START + timedelta(hours=2), capacity=1000)
    with time_machine.travel(START, tick=False) as clock:
        yield Classroom(deployed, clock, event_id)
