"""Visits as they are counted: sessions of visitors on their way through the funnel."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StepEvent:
    """A visitor took a step, 1 for the first; `at` is when we heard of it."""

    session_id: str
    step: int
    at: datetime


@dataclass(frozen=True)
class FunnelVisit:
    """A session since its first step; `reached` is the number of steps taken in their order."""

    session_id: str
    entered_at: datetime
    reached: int
