"""Consent to marketing: who gives it, withdraws it, and to which wording (section 6 of the DPDP Act 2023)."""

from typing import Literal
from uuid import UUID

from shared.db import Connection

WORDING_VERSION = "2026-12-01"
"""Of the text in docs/clients.md that a client shows; another text is another version."""

ConsentSource = Literal["profile", "preferences", "unsubscribe"]


def record_consent(conn: Connection, user_id: UUID, source: ConsentSource, *, given: bool) -> None:
    """Record what a person decided, unless it is what they decided last."""
    conn.execute(
        """
        insert into public.marketing_consents (user_id, given, wording_version, source)
        select %(user)s, %(given)s, %(wording)s, %(source)s
        where private.agrees_to_marketing(%(user)s) <> %(given)s
        """,
        {"user": user_id, "given": given, "wording": WORDING_VERSION, "source": source},
    )


def has_consent(conn: Connection, user_id: UUID) -> bool:
    row = conn.execute("select private.agrees_to_marketing(%(user)s)", {"user": user_id}).fetchone()
    assert row is not None
    return bool(row[0])
