"""POST to a provider over HTTPS within a time limit."""

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import certifi

from functions.send_notifications.models import ProviderBusy, ProviderFailed, ProviderRefused, ProviderTimedOut

TIMEOUT_SECONDS = 8
"""For connecting and for each silence after it."""
MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True)
class ProviderResponse:
    """`headers` by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str]) -> ProviderResponse:
    """Whatever the status; raises Busy when nothing was sent, Unanswered when that is not known."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310 - configured
    try:
        with _opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
            return _read(answer.status, dict(answer.headers), answer.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return _read(error.code, dict(error.headers), error.read(MAX_ANSWER_BYTES))
    except urllib.error.URLError as error:  # raised for connecting and sending, before an answer is awaited
        if isinstance(error.reason, ConnectionRefusedError | OSError) and not isinstance(error.reason, TimeoutError):
            raise ProviderBusy("out of reach") from error
        raise ProviderTimedOut("no answer in time") from error
    except (TimeoutError, OSError) as error:
        raise ProviderTimedOut(type(error).__name__) from error


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def raise_for(answer: ProviderResponse, permanent: frozenset[int], reason: str = "") -> None:
    """Translate a status that is no success; 401 and 403 are ours to mend, so they are retried and alarmed."""
    if answer.status < 300:
        return
    text = f"HTTP {answer.status} {reason}".strip()
    if answer.status == 429:
        raise ProviderBusy(text)
    raise ProviderRefused(text) if answer.status in permanent else ProviderFailed(text)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the credentials along."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


@cache
def _opener() -> urllib.request.OpenerDirector:
    context = ssl.create_default_context(cafile=certifi.where())
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirects)


def _read(status: int, headers: Mapping[str, str], body: bytes) -> ProviderResponse:
    return ProviderResponse(status, {name.lower(): value for name, value in headers.items()}, body)
