"""Q6 of the reliability rules: a schedule's run twice at once, or for the first time in a day, ends as it should."""

from datetime import timedelta

import pytest

from shared.invocations import InvocationFailed
from tests.schedules import negative_controls
from tests.schedules.negative_controls import NegativeControl
from tests.schedules.prepared import JOBS
from tests.schedules.world import DAY, HOUR, SCHEDULES, State, World

pytestmark = pytest.mark.xdist_group("schedules")  # one worker builds the platform for them

TRIALS = [2, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]


def untouched(world: World, job: str, span: timedelta) -> None:
    """The job's world after so much time without a run."""
    world.empty()
    JOBS[job].plant(world)
    world.begin()
    world.pass_time(span)


def once(world: World, job: str, span: timedelta, *, dated: bool = True) -> State:
    untouched(world, job, span)
    SCHEDULES[job].invoke()
    return world.state(dated=dated)


def twice_at_once(world: World, job: str, span: timedelta) -> State:
    untouched(world, job, span)
    world.environments.run(SCHEDULES[job])
    return world.state(dated=True)


def hourly_for_a_day(world: World, job: str) -> State:
    untouched(world, job, timedelta())
    for _ in range(DAY // HOUR):
        world.pass_time(HOUR)
        SCHEDULES[job].invoke()
    return world.state(dated=False)


def test_no_schedule_is_missing_here() -> None:
    assert JOBS.keys() == SCHEDULES.keys()
    assert {each.login for each in SCHEDULES.values()} == {"DatabaseWorkerSecret"}, "whom the platform here logs in as"


@pytest.mark.parametrize("trials", TRIALS)
@pytest.mark.parametrize("after_a_day", [False, True], ids=["in time", "after a day"])
@pytest.mark.parametrize("job", JOBS)
def test_two_runs_at_once_end_as_one_does(world: World, job: str, trials: int, *, after_a_day: bool) -> None:
    span = DAY if after_a_day else JOBS[job].due_after
    untouched(world, job, span)
    before = world.state(dated=True)
    expected = once(world, job, span)
    assert expected != before
    for _ in range(trials):
        assert twice_at_once(world, job, span) == expected


@pytest.mark.parametrize("job", JOBS)
def test_one_run_after_a_day_without_ends_as_a_day_of_runs_does(world: World, job: str) -> None:
    assert once(world, job, DAY, dated=False) == hourly_for_a_day(world, job)


@pytest.mark.parametrize(
    ("job", "control"),
    [
        ("release-expired-holds", negative_controls.without_conditions_of_holds),
        ("process-referrals", negative_controls.without_row_locks),
        ("session-reminders", negative_controls.without_keys_of_notifications),
        ("process-refunds", negative_controls.without_claims_of_refunds),
        ("analytics-months", negative_controls.without_the_lock_of_dropping),
        ("generate-certificates", negative_controls.without_exclusive_locks),
        ("issue-receipts", negative_controls.without_exclusive_locks),
        ("refresh-reports", negative_controls.without_exclusive_locks),
    ],
)
def test_without_what_keeps_runs_apart_two_at_once_end_otherwise(
    world: World, job: str, control: NegativeControl
) -> None:
    """The negative controls, until a trial is lost."""
    span = JOBS[job].due_after

    def is_lost() -> bool:
        try:
            return twice_at_once(world, job, span) != expected
        except InvocationFailed:  # the schema or the code stopped what nothing else did
            return True

    with control(world):
        expected = once(world, job, span)
        assert once(world, job, span) == expected
        assert any(is_lost() for _ in range(30))


def test_a_job_that_takes_one_step_a_run_is_behind_after_a_day(world: World) -> None:
    """The negative control of the gap."""
    with negative_controls.one_step_a_run(world):
        assert once(world, "update-event-status", DAY, dated=False) != hourly_for_a_day(world, "update-event-status")
