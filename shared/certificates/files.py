"""Printing drafts and storing their files, outside any transaction."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shared.certificates import storage
from shared.certificates.models import CertificateContent, CertificateDraft
from shared.certificates.printing import print_certificate
from shared.certificates.service import Printed, verify_url

UPLOADS_AT_ONCE = 8


@dataclass(frozen=True)
class RenderFailure:
    """A draft that could not be printed, and why."""

    draft: CertificateDraft
    error: Exception


def store(draft: CertificateDraft) -> Printed:
    """Print a draft and put its file to S3; raises Unavailable when S3 cannot take it."""
    pdf = print_certificate(CertificateContent.read(draft.content), verify_url(draft.verification_token))
    storage.put_pdf(draft.pdf_key, pdf)
    return draft, hashlib.sha256(pdf).digest()


def store_all(drafts: Sequence[CertificateDraft]) -> tuple[list[Printed], list[RenderFailure]]:
    """`store` for many, uploading some at once. One that cannot be printed does not keep the others from it."""
    printed: list[Printed] = []
    failed: list[RenderFailure] = []
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        uploads = []
        for draft in drafts:
            try:
                pdf = print_certificate(CertificateContent.read(draft.content), verify_url(draft.verification_token))
            except Exception as error:  # noqa: BLE001 - handed back with its draft, to be raised when all is done
                failed.append(RenderFailure(draft, error))
                continue
            uploads.append(pool.submit(storage.put_pdf, draft.pdf_key, pdf))
            printed.append((draft, hashlib.sha256(pdf).digest()))
        for upload in uploads:
            upload.result()
    return printed, failed
