"""A load is bounded before anything is sent."""

import pytest

from tools.load.__main__ import bounded


def test_a_load_within_the_bounds_is_taken() -> None:
    assert bounded(100, 600) == (100, 600)


@pytest.mark.parametrize(("rate", "seconds"), [(101, 1), (1, 601), (0, 1), (1, 0), (-1, 10)])
def test_a_load_beyond_them_is_refused(rate: int, seconds: int) -> None:
    with pytest.raises(SystemExit, match="at most"):
        bounded(rate, seconds)
