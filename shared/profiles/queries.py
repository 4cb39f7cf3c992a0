"""The statements of profiles."""

from uuid import UUID

from shared.db import Connection
from shared.profiles.models import PoolUser


def upsert_profile(conn: Connection, user_id: UUID, user: PoolUser) -> bool:
    """False for whoever was erased."""
    written = conn.execute(
        """
        insert into public.profiles as known (id, email, full_name, phone, language)
        values (%(id)s, %(email)s, %(full_name)s, %(phone)s, %(language)s)
        on conflict (id) do update set
            email = excluded.email, full_name = excluded.full_name, phone = excluded.phone
        where known.erased_at is null
        """,
        {"id": user_id, **user.model_dump()},
    )
    return written.rowcount == 1
