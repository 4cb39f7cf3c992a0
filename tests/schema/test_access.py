"""Who can do what to which table, tried for real and compared with a reviewed list."""

import difflib
from pathlib import Path

from tests.conftest import Database
from tests.schema.access import measure, render
from tests.schema.conftest import spare_rows

EXPECTED = Path(__file__).parent / "expected_access.txt"


def test_every_actor_can_do_exactly_what_the_reviewed_list_says(populated: Database) -> None:
    with populated.look() as conn:
        actual = render(measure(conn, spare_rows()))
    Path("/tmp/lab/actual.txt").write_text(actual)
    expected = EXPECTED.read_text()
    assert actual == expected, "\n".join(
        difflib.unified_diff(expected.splitlines(), actual.splitlines(), "expected", "actual", lineterm="")
    )
