"""The statement that names an administrator."""

from uuid import UUID

from shared.db import Connection


def insert_admin(conn: Connection, user_id: UUID) -> None:
    conn.execute(
        "insert into public.admins (user_id) values (%(user_id)s) on conflict do nothing", {"user_id": user_id}
    )
