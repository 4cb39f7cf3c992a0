"""A change of a function's code, or of shared code, is live without a deployment; a reverted one is gone."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from local.source_code import snapshot
from tests.local.running_stack import RunningStack, eventually

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]
PATHS = ("health", "docs")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("functions/status/handler.py", "body=page,", "body=page + '<!-- changed -->',"),
        ("shared/problems.py", '"Referrer-Policy": "no-referrer",', '"Referrer-Policy": "origin",'),
    ],
)
def test_a_change_is_live_within_seconds(
    stack: RunningStack, file: str, old: str, new: str, record_property: Callable[[str, object], None]
) -> None:
    def changed() -> bool:
        health, page = (requests.get(f"{stack.file.base_url}/functions/v1/{path}", timeout=40) for path in PATHS)
        return health.headers.get("referrer-policy") == "origin" or page.text.endswith("<!-- changed -->")

    source = code_of(stack) / file
    original = source.read_text()
    assert old in original
    assert not changed()
    began = time.monotonic()
    source.write_text(original.replace(old, new))
    try:
        eventually(changed)
        record_property("seconds", f"{time.monotonic() - began:.1f}")
        assert time.monotonic() - began < 15, "3 s are the budget on a quiet machine"
        assert stack.says(f"live         {source.name}")
    finally:
        source.write_text(original)
    eventually(lambda: not changed())


def test_a_request_under_way_is_answered(stack: RunningStack) -> None:
    """Its process ends after it, so that no change makes a request fail."""
    file = code_of(stack) / "shared" / "problems.py"
    original = file.read_text()
    try:
        for number in range(5):
            file.write_text(f"{original}\n# change {number}\n")
            for _ in range(8):
                assert stack.call("GET", "registrations").status_code == 200
    finally:
        file.write_text(original)


def test_only_code_counts(stack: RunningStack) -> None:
    sources = code_of(stack)
    before = snapshot(sources)
    (sources / "shared" / "__pycache__").mkdir(exist_ok=True)
    (sources / "shared" / "__pycache__" / "money.pyc").write_bytes(b"")
    (sources / "shared" / ".money.py.swp").write_bytes(b"")
    assert snapshot(sources) == before
    added = sources / "shared" / "added.py"
    added.write_text("")
    assert snapshot(sources).keys() - before.keys() == {str(added)}
    added.unlink()


def code_of(stack: RunningStack) -> Path:
    assert stack.sources
    return stack.sources
