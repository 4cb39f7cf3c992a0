"""Passes requests on to the emulator's HTTP API and to the fake Razorpay, byte for byte."""

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

BODY_LIMIT = 10 * 1024 * 1024
"""API Gateway takes 10 MB: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""
TIME_LIMIT = ClientTimeout(total=30)
"""Seconds after which API Gateway gives up on a function (same page)."""
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"}
ADDED_BY_CLIENT = ["User-Agent", "Accept", "Accept-Encoding", "Content-Type"]
NOT_FORWARDED = HOP_BY_HOP | {"content-length"}


async def forward(request: web.Request, session: ClientSession, url: str, origin: str | None = None) -> web.Response:
    """The answer of `url` to the same method, headers and body; 413 and 503 as API Gateway words them.

    `origin` is told to `url` in the place of the request's own.
    """
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return web.json_response({"message": "Request Entity Too Large"}, status=413)
    headers = _kept(request.headers)
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Proto"] = "http"
    if origin:
        headers["Origin"] = origin
    try:
        target = URL(url, encoded=True)
        async with session.request(
            request.method, target, headers=headers, data=body or None, allow_redirects=False, timeout=TIME_LIMIT
        ) as answer:
            content = await answer.read()
    except (ClientError, TimeoutError):
        return web.json_response({"message": "Service Unavailable"}, status=503)
    return web.Response(status=answer.status, headers=_kept(answer.headers), body=content)


def new_session() -> ClientSession:
    """A session that changes nothing on the way: no cookies kept, no compression undone."""
    return ClientSession(auto_decompress=False, skip_auto_headers=ADDED_BY_CLIENT)


def _kept(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in NOT_FORWARDED)
