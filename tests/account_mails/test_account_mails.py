"""The mails of the user pool: in the reader's language, with nothing a stranger wrote."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.account_mails.handler import lambda_handler
from functions.account_mails.models import KINDS
from shared.config import settings
from tests.deployed import ENVIRONMENT, Context
from tools.transform import ROOT

EVENTS = ROOT / "events" / "account_mails"
DEVANAGARI = range(0x0900, 0x0980)


def event(name: str = "sign_up", **request: Any) -> dict[str, Any]:
    told = json.loads((EVENTS / f"{name}.json").read_text())
    told["request"] |= request
    return told


@pytest.fixture(autouse=True)
def _execution_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """What the template sets: no database, no secret."""
    for name, value in {**ENVIRONMENT, "NOTIFICATION_QUEUE_URL": "unused"}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


def written(sent: dict[str, Any]) -> tuple[str, str]:
    answer = lambda_handler(sent, context())
    return answer["response"]["emailSubject"], answer["response"]["emailMessage"]


def context() -> Any:
    return Context()


def is_hindi(text: str) -> bool:
    return any(ord(letter) in DEVANAGARI for letter in text)


def is_english(text: str) -> bool:
    return "e-mail address" in text or "Your code" in text


@pytest.mark.parametrize(
    ("metadata", "locale", "english", "hindi"),
    [
        ({"language": "hi"}, None, False, True),
        ({"language": "en"}, "hi-IN", True, False),
        (None, "hi_IN", False, True),
        ({"language": "fr"}, None, True, True),
        (None, None, True, True),
    ],
)
def test_a_code_is_in_the_language_that_is_known_else_in_both(
    metadata: dict[str, str] | None, locale: str | None, *, english: bool, hindi: bool
) -> None:
    attributes = {"email": "asha@example.com"} | ({"locale": locale} if locale else {})
    subject, message = written(event(clientMetadata=metadata, userAttributes=attributes))
    assert (is_english(subject), is_hindi(subject)) == (english, hindi)
    assert (is_english(message), is_hindi(message)) == (english, hindi)
    assert message.count("{####}") == 1


@pytest.mark.parametrize("source", KINDS)
def test_every_mail_fits_cognito_and_carries_what_it_fills_in(source: str) -> None:
    name = "admin_create_user" if "Admin" in source else "sign_up"
    subject, message = written(event(name, clientMetadata=None) | {"triggerSource": source})
    assert 0 < len(subject) <= 140
    assert 0 < len(message) <= 20_000
    assert "{####}" in message
    assert ("{username}" in message) == ("Admin" in source)


def test_nothing_that_was_typed_at_the_sign_up_is_mailed() -> None:
    lure = "You won! https://example.net"
    attributes = {"email": "victim@example.com", "name": lure, "given_name": lure, "locale": lure}
    told = event(userAttributes=attributes, clientMetadata={"language": lure, "x": lure})
    subject, message = written(told)
    assert "example.net" not in subject + message
    assert "victim" not in subject + message


def test_a_code_by_sms_stays_as_cognito_writes_it() -> None:
    sent = event() | {"triggerSource": "CustomMessage_Authentication"}
    assert lambda_handler(sent, context())["response"]["emailMessage"] is None
