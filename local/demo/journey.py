"""What the steps of the demo share: the student, how to call the platform, and what was found on the way."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import requests

from local.emulator import client_of
from local.stack_file import StackFile

Json = dict[str, Any]


class StepFailedError(Exception):
    """A step whose result was not what it must be."""


def expect(true: object, otherwise: str) -> None:
    if not true:
        raise StepFailedError(otherwise)


@dataclass
class Journey:
    """One fresh student on one running stack; each step reads and adds to it."""

    stack: StackFile
    email: str = field(default_factory=lambda: f"demo-{secrets.token_hex(4)}@example.com")
    password: str = field(default_factory=lambda: f"Demo-{secrets.token_hex(8)}-1")
    phone: str = field(default_factory=lambda: f"+9198{secrets.randbelow(10**8):08}")
    token: str = ""
    event: Json = field(default_factory=dict[str, Any])
    registration: Json = field(default_factory=dict[str, Any])
    order: Json = field(default_factory=dict[str, Any])
    checkout: Json = field(default_factory=dict[str, Any])
    live: Json = field(default_factory=dict[str, Any])
    """The course that is in session, the student's registration for it and their stays."""
    lost: Json = field(default_factory=dict[str, Any])
    """The registration whose payment we were not told about, and the payment."""
    queue: Json = field(default_factory=dict[str, Any])
    """The full course, the registration that took its seat and the student's place in the queue."""

    def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        status: int = 200,
        token: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Json:
        """The API's answer to the student, or to whose token is given; raises StepFailedError on another status."""
        token = token or self.token
        sent = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        url = f"{self.stack.base_url}/functions/v1/{path}"
        answer = requests.request(method, url, json=body, headers=sent, timeout=40)
        expect(answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def administer(self, method: str, path: str, body: Json | None = None, **more: Any) -> Json:
        """The API's answer to the administrator; `more` as for `call`."""
        return self.call(method, f"admin/{path}", body, token=self.stack.users["admin"].token, **more)

    def razorpay(self, path: str, body: Json | None = None) -> Any:
        """What the fake Razorpay answers to a person or a developer, outside its API."""
        answer = requests.post(f"{self.stack.razorpay_url}/{path}", json=body or {}, timeout=40)
        expect(answer.ok, f"Razorpay {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def mails(self) -> list[Json]:
        """The student's mails, the newest first."""
        return [mail for mail in self._sent()["emails"] if self.email in mail["to"]]

    def texts(self) -> list[Json]:
        """The student's SMS, the newest first."""
        return [text for text in self._sent()["sms"] if text["to"] == self.phone]

    def _sent(self) -> Json:
        return requests.get(f"{self.stack.base_url}/_local/mail", timeout=10).json()

    def cognito(self) -> Any:
        return client_of(self.stack.aws_endpoint_url, "cognito-idp")


def eventually[T](look: Callable[[], T | None], otherwise: str, seconds: float = 60) -> T:
    """The first true thing `look` finds; raises StepFailedError when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        expect(time.monotonic() < deadline, f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.2)
    return found


Step = Callable[[Journey], str]
"""Does one thing and returns what came of it; its docstring is its title."""
