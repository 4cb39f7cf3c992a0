"""The file in a request: the body itself, or the one file of a form."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from shared.errors import Invalid, TooLarge

MAX_BYTES = 1024 * 1024


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
    if "\r" in content_type or "\n" in content_type:
        return b""
    head = f"Content-Type: {content_type}\r\n\r\n".encode(errors="replace")
    form = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + body)
    files = [part.get_payload(decode=True) for part in form.iter_parts() if part.get_filename()]
    return files[0] if files and isinstance(files[0], bytes) else b""
