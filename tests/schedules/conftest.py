"""One platform with everything that schedules need, a Razorpay, a user pool and a clock that stands still."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import time_machine

from local.razorpay.server import FakeRazorpay
from tests.certificates.certificate_platform import certifying
from tests.deployed import ENVIRONMENT, KEY_ID, KEY_SECRET, WEBHOOK_SECRET, DeployedFunctions
from tests.kept import kept
from tests.schedules.world import START, Environments, World
from tests.seats.conftest import REPLAYABLE

__all__ = ["kept"]


@pytest.fixture(scope="module")
def world(kept: DeployedFunctions) -> Iterator[World]:
    kept.looking.execute(REPLAYABLE)
    mail: Any = boto3.client("sesv2")
    mail.create_email_identity(EmailIdentity=ENVIRONMENT["EMAIL_FROM"])
    users: Any = boto3.client("cognito-idp")
    pool_id = users.create_user_pool(PoolName="users")["UserPool"]["Id"]
    environments = Environments()
    with (
        time_machine.travel(START, tick=False) as clock,
        FakeRazorpay(
            key_id=KEY_ID,
            key_secret=KEY_SECRET,
            webhook_secret=WEBHOOK_SECRET,
            webhook_url="http://127.0.0.1:9/",
            hold=True,
            seed=1,
        ) as razorpay,
        certifying(kept, kept.monkeypatch),
    ):
        kept.set(RAZORPAY_BASE_URL=razorpay.url, USER_POOL_ID=pool_id)
        kept.mute_queue()
        yield World(kept, razorpay, clock, environments, pool_id)
        environments.end()
