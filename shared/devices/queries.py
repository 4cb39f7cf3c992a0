"""The statement of noting where something was done from."""

from datetime import datetime
from uuid import UUID

from shared.db import Connection


def upsert_sighting(
    conn: Connection,
    *,
    user_id: UUID,
    registration_id: UUID,
    action: str,
    device_hash: bytes,
    ip_address: str | None,
    now: datetime,
) -> None:
    conn.execute(
        """
        insert into public.device_sightings (user_id, registration_id, action, device_hash, ip_address, seen_at)
        select r.user_id, r.id, %(action)s, %(device)s, %(ip)s::inet, %(now)s
        from public.registrations r where r.id = %(registration)s and r.user_id = %(user)s
        on conflict (registration_id, action, device_hash) do update
        set ip_address = excluded.ip_address, seen_at = excluded.seen_at
        """,
        {
            "user": user_id,
            "registration": registration_id,
            "action": action,
            "device": device_hash,
            "ip": ip_address,
            "now": now,
        },
    )
