"""A7: whatever Schemathesis makes up for an operation is answered as the document says, and never with a failure."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from local.razorpay.server import FakeRazorpay
from tests.access.fuzzing import Application
from tests.access.routes import document
from tests.access.world import inhabit
from tests.certificates.certificate_platform import certifying
from tests.deployed import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, DeployedFunctions

LEFT_OUT: Any = [checks.ignored_auth, checks.positive_data_acceptance, checks.unsupported_method]
"""API Gateway sees to tokens and methods; what only a person can know (a course that is none) is refused with 422."""


@pytest.fixture
def application(kept: DeployedFunctions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    storage: Any = boto3.client("s3")
    storage.create_bucket(Bucket="recordings", CreateBucketConfiguration={"LocationConstraint": "ap-south-1"})
    with (
        certifying(kept, monkeypatch),
        FakeRazorpay(
            key_id=KEY_ID,
            key_secret=KEY_SECRET,
            webhook_secret=WEBHOOK_SECRET,
            webhook_url="http://127.0.0.1:9/",
            hold=True,
            seed=1,
        ) as razorpay,
    ):
        kept.set(RAZORPAY_BASE_URL=razorpay.url)
        yield Application(inhabit(kept))


def fuzz(application: Callable[..., Any], examples: int) -> int:
    """Ask for every operation so many times; how many there are. Raises what was not as documented."""
    api = schemathesis.openapi.from_dict(document())
    api.app = application
    operations = list(api.get_all_operations())
    for found in operations:
        assert isinstance(found, Ok)

        @given(case=found.ok().as_strategy())
        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        )
        def ask(case: Case[Any]) -> None:
            case.validate_response(case.call(), excluded_checks=LEFT_OUT)

        ask()
    return len(operations)


@pytest.mark.parametrize("examples", [1, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(7200)])])
def test_every_operation_answers_as_it_is_documented_whatever_it_is_asked(
    application: Application, examples: int
) -> None:
    assert fuzz(application, examples) > 80


def test_an_answer_that_is_not_documented_is_found() -> None:
    """The negative control."""

    def broken(_: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        return [b'{"surprise": 1}']

    with pytest.raises(FailureGroup, match=r"violates schema|Undocumented Content-Type"):
        fuzz(broken, 1)
