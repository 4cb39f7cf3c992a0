"""The deployed functions behind one WSGI application, as Schemathesis calls them, each by whoever may."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tests.access.routes import Route, routes
from tests.access.world import CALLER, World
from tests.deployed import Answer, access_token, http_event

NOT_ROUTED = Answer(404, {"message": "Not Found"}, {"content-type": "application/json"}, '{"message": "Not Found"}')
"""API Gateway's own, which no function sees."""


@dataclass(frozen=True)
class Application:
    world: World

    def __call__(
        self, environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        answer = self._answer(environ)
        start(f"{answer.status} {answer.status}", list(answer.headers.items()))
        return [answer.raw.encode()]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        path = str(environ["PATH_INFO"]).encode("latin-1").decode(errors="replace")
        route = _route(environ["REQUEST_METHOD"], path)
        if route is None:
            return NOT_ROUTED
        caller = CALLER[route.who]
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        if caller.bearer:
            headers["authorization"] = f"Bearer {caller.bearer}"
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        event = http_event(
            route.method,
            path if path.startswith("/console") else path.removeprefix("/functions/v1/"),
            claims=access_token(caller.user, *caller.groups) if caller.user else None,
            headers=headers,
            body=body or None,
            as_base64=True,
            query=_query(environ["QUERY_STRING"]),
        )
        return Answer.of(self.world.deployed.invoke(route.function, event))


def _query(text: str) -> dict[str, str]:
    """API Gateway joins what is given more than once by commas."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def _route(method: str, path: str) -> Route | None:
    """One without parameters goes before one that a parameter would fit."""
    fitting = [each for each in routes() if each.method == method and re.fullmatch(_pattern(each.path), path)]
    return min(fitting, key=lambda each: each.path.count("{"), default=None)


def _pattern(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "[^/]+", path)
