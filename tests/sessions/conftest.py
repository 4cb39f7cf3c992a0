"""A course with a movable clock."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from tests.deployed import DeployedFunctions
from tests.kept import emptied, kept
from tests.sessions.classroom import START, Classroom

__all__ = ["emptied", "kept"]


@pytest.fixture
def classroom(emptied: DeployedFunctions) -> Iterator[Classroom]:
    event_id = emptied.event(starts_at=START, ends_at=START + timedelta(hours=2), capacity=1000)
    with time_machine.travel(START, tick=False) as clock:
        yield Classroom(emptied, clock, event_id)


@pytest.fixture
def unlocked_classroom(classroom: Classroom) -> Iterator[Classroom]:
    """Without the index that lets a registration have one open stay."""
    classroom.platform.rows("drop index session_attendance_one_open")
    yield classroom
    classroom.platform.rows("delete from session_attendance")
    classroom.platform.rows(
        "create unique index session_attendance_one_open on session_attendance (registration_id)"
        " where check_out_time is null"
    )
