"""Who a transaction acts for, and the database role and claims that stand for them."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["anon", "authenticated", "app_admin", "service_role"]


@dataclass(frozen=True)
class Actor:
    """A database role and, where it is a person's, the person."""

    role: Role
    user_id: UUID | None = None

    @property
    def claims(self) -> dict[str, str]:
        """`request.jwt.claims` as PostgREST and Supabase write them."""
        subject = {"sub": str(self.user_id)} if self.user_id else {}
        return {"role": self.role, **subject}


ANONYMOUS = Actor("anon")
SERVICE = Actor("service_role")


def user(user_id: UUID) -> Actor:
    return Actor("authenticated", user_id)


def administrator(user_id: UUID) -> Actor:
    return Actor("app_admin", user_id)


def service_for(user_id: UUID) -> Actor:
    """The platform acting on a user's request: may write what users may not, and every query names the user."""
    return Actor("service_role", user_id)
