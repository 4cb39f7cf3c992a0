"""The statements of proving a phone number; every one names the person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from shared.db import Connection


@dataclass(frozen=True)
class PhoneVerification:
    """A code that may still be tried; `attempts` counts this one too."""

    id: UUID
    phone: str
    attempts: int


def lock_profile(conn: Connection, user_id: UUID) -> bool:
    """Whether the person exists; locked, their codes are counted one after the other."""
    found = conn.execute(
        "select 1 from public.profiles where id = %(user)s and erased_at is null for no key update", {"user": user_id}
    )
    return found.fetchone() is not None


def oldest_of_last(conn: Connection, user_id: UUID, phone: str, count: int, since: datetime) -> datetime | None:
    """When the earliest of the last `count` codes was sent, to the person or the number; None if there were fewer."""
    return (
        conn.cursor(row_factory=scalar_row)
        .execute(
            """
            select created_at from public.phone_verifications
            where (user_id = %(user)s or phone = %(phone)s) and created_at > %(since)s
            order by created_at desc offset %(skipped)s limit 1
            """,
            {"user": user_id, "phone": phone, "since": since, "skipped": count - 1},
        )
        .fetchone()
    )


def insert_verification(conn: Connection, user_id: UUID, phone: str, now: datetime, expires_at: datetime) -> UUID:
    cursor = conn.cursor(row_factory=scalar_row).execute(
        """
        insert into public.phone_verifications (user_id, phone, created_at, expires_at)
        values (%(user)s, %(phone)s, %(now)s, %(expires_at)s)
        returning id
        """,
        {"user": user_id, "phone": phone, "now": now, "expires_at": expires_at},
    )
    return cursor.fetchone()  # pyright: ignore[reportReturnType] - an insert always answers


def start_attempt(conn: Connection, user_id: UUID, max_attempts: int, now: datetime) -> PhoneVerification | None:
    """Count a try of the person's latest code before it is compared; None when that cannot be tried any more."""
    return (
        conn.cursor(row_factory=class_row(PhoneVerification))
        .execute(
            """
            update public.phone_verifications v set attempts = v.attempts + 1
            where v.id = (
                    select id from public.phone_verifications where user_id = %(user)s
                    order by created_at desc, id limit 1
                )
                and v.verified_at is null and v.expires_at > %(now)s and v.attempts < %(max_attempts)s
            returning v.id, v.phone, v.attempts
            """,
            {"user": user_id, "max_attempts": max_attempts, "now": now},
        )
        .fetchone()
    )


def mark_verified(conn: Connection, verification_id: UUID, now: datetime) -> None:
    conn.execute_one(
        "update public.phone_verifications set verified_at = %(now)s where id = %(id)s",
        {"id": verification_id, "now": now},
    )


def set_phone(conn: Connection, user_id: UUID, phone: str, now: datetime) -> None:
    conn.execute_one(
        "update public.profiles set phone = %(phone)s, phone_verified_at = %(now)s where id = %(user)s",
        {"user": user_id, "phone": phone, "now": now},
    )
