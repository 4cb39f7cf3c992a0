"""The file in a request: the body itself, or the one file of a form."""

import base64
from collections.abc import Mapping
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from shared.errors import Invalid


def uploaded_pdf(event: Mapping[str, Any]) -> bytes:
    """Raises Invalid when there is no PDF in the request."""
    content_type = str(event.get("headers", {}).get("content-type", ""))
    text = str(event.get("body") or "")
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode("latin-1", errors="replace")
    pdf = _file_of_form(body, content_type) if content_type.startswith("multipart/form-data") else body
    if not pdf.startswith(b"%PDF-"):
        raise Invalid("Send the PDF of a certificate, at most 700 KB.", code="not_a_pdf")
    return pdf


def _file_of_form(body: bytes, content_type: str) -> bytes:
    if "\r" in content_type or "\n" in content_type:
        return b""
    head = f"Content-Type: {content_type}\r\n\r\n".encode(errors="replace")
    form = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + body)
    files = [part.get_payload(decode=True) for part in form.iter_parts() if part.get_filename()]
    return files[0] if files and isinstance(files[0], bytes) else b""
