"""The file in a request: the body itself, or the one file of a form."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from shared.errors import Invalid, TooLarge

MAX_BYTES = 1024 * 1024
MAX_HEAD_BYTES = 4096
"""The headers of the part with the file."""
BOUNDARY = re.compile(r'boundary="?([^";,\s]{1,70})', re.IGNORECASE)
"""At most 70 characters (RFC 2046, section 5.1.1)."""


def with_file_hashed(event: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The request with the SHA-256 of its file as its body, if it goes to `path`: the router only takes text.

    Raises Invalid when there is no PDF in it, and TooLarge.
    """
    if event.get("rawPath") != path or event["requestContext"]["http"]["method"] != "POST":
        return dict(event)
    body = _body(event)
    if len(body) > MAX_BYTES:
        raise TooLarge("The file is over 1 MB.")
    content_type = str(event.get("headers", {}).get("content-type", ""))
    pdf = _file_of_form(body, content_type) if content_type.startswith("multipart/form-data") else body
    if not pdf.startswith(b"%PDF-"):
        raise Invalid("Send the PDF of a certificate.", code="not_a_pdf")
    return {**event, "body": hashlib.sha256(pdf).hexdigest(), "isBase64Encoded": False}


def _body(event: Mapping[str, Any]) -> bytes:
    text = str(event.get("body") or "")
    try:
        return base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError) as error:
        raise Invalid("Send the PDF of a certificate.", code="not_a_pdf") from error


def _file_of_form(body: bytes, content_type: str) -> bytes:
    """The first part of a form if it is a file, found in one pass; the parser of mails takes seconds for 400 KB."""
    boundary = BOUNDARY.search(content_type)
    if boundary is None:
        return b""
    mark = b"--" + boundary[1].encode(errors="replace")
    start = body.find(mark)
    end_of_head = body.find(b"\r\n\r\n", start, start + MAX_HEAD_BYTES) if start >= 0 else -1
    if end_of_head < 0 or b"filename=" not in body[start:end_of_head]:
        return b""
    end = body.find(b"\r\n" + mark, end_of_head)
    return body[end_of_head + 4 : end] if end >= 0 else b""
