"""The statements of a person's profile; every one names the person."""

from uuid import UUID

from psycopg.rows import class_row

from functions.personal_data.profile.models import Profile
from shared.db import Connection


def find_profile(conn: Connection, user_id: UUID) -> Profile | None:
    return (
        conn.cursor(row_factory=class_row(Profile))
        .execute(
            """
            select id, email, email_verified, full_name as name, phone, phone_verified_at is not null as phone_verified,
                language, referral_code, created_at
            from public.profiles where id = %(user)s and erased_at is null
            """,
            {"user": user_id},
        )
        .fetchone()
    )


def update_profile(conn: Connection, user_id: UUID, *, name: str | None, language: str | None) -> None:
    conn.execute(
        """
        update public.profiles
        set full_name = coalesce(%(name)s, full_name), language = coalesce(%(language)s, language)
        where id = %(user)s and erased_at is null
            and (full_name <> coalesce(%(name)s, full_name) or language <> coalesce(%(language)s, language))
        """,
        {"user": user_id, "name": name, "language": language},
    )
