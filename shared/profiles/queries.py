"""The statements of profiles."""

from uuid import UUID

from shared.db import Connection
from shared.profiles.models import PoolUser


def upsert_profile(conn: Connection, user_id: UUID, user: PoolUser) -> None:
    """Write a new person, or what the provider says of a known one.

    A known person's address follows a verified one, and one that is not verified only where the old is not either. The
    name and number are the person's own, so only an empty name is filled. Whoever was erased stays as they are.
    """
    conn.execute(
        """
        insert into public.profiles as known (id, email, email_verified, full_name, phone, phone_verified_at, language)
        values (%(id)s, %(email)s, %(email_verified)s, %(full_name)s, %(phone)s,
            case when %(phone_verified)s and %(phone)s::text is not null then now() end, %(language)s)
        on conflict (id) do update set
            email = case when excluded.email_verified or not known.email_verified then excluded.email
                else known.email end,
            email_verified = excluded.email_verified or known.email_verified,
            full_name = case known.full_name when '' then excluded.full_name else known.full_name end
        where known.erased_at is null and (
            (known.email, known.email_verified) is distinct from (excluded.email, excluded.email_verified)
                and (excluded.email_verified or not known.email_verified)
            or known.full_name = '' and excluded.full_name <> ''
        )
        """,
        {"id": user_id, **user.model_dump()},
    )
