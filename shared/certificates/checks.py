"""What can be checked about a single entry of the chain without looking at the others."""

from collections.abc import Iterator

from shared.certificates import chain
from shared.certificates.models import Certificate, CertificateContent, RevocationChange


def certificate_faults(row: Certificate) -> Iterator[str]:
    """What does not fit together in a certificate's row; nothing when no byte of it was changed."""
    if chain.sha256(row.content) != row.content_hash:
        yield "the content does not have its hash"
    if chain.sha256(row.verification_token) != row.verification_token_hash:
        yield "the token does not have its hash"
    if chain.leaf_hash(chain.certificate_leaf(row)) != row.blockchain_hash:
        yield "the entry does not have its hash"
    try:
        number = CertificateContent.read(row.content).number
    except (ValueError, KeyError, TypeError):
        number = None
    if number != row.certificate_number:
        yield "the content is not of this number"


def change_faults(row: RevocationChange) -> Iterator[str]:
    if chain.leaf_hash(chain.change_leaf(row)) != row.blockchain_hash:
        yield "the entry does not have its hash"


def is_as_logged(row: Certificate, last: RevocationChange | None) -> bool:
    """Whether a certificate's revocation columns are what its last change in the chain made them."""
    logged = (last.revoked_at, last.revoke_reason, last.replaced_by) if last else (None, None, None)
    return (row.revoked_at, row.revoke_reason, row.replaced_by) == logged
