"""What a person sees and changes of their profile."""

import unicodedata
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from shared.profiles.models import Language
from shared.routing import Schema


def _one_line(name: str) -> str:
    """Letters as they are usually composed; no control characters and none that change the direction of text."""
    composed = unicodedata.normalize("NFC", name)
    if any(unicodedata.category(each) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for each in composed):
        raise ValueError("Control characters are not part of a name")
    if any(unicodedata.bidirectional(each) in _DIRECTIONS for each in composed):
        raise ValueError("Characters that change the direction of text are not part of a name")
    return composed


_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_one_line),
    Field(examples=["Asha Rao"]),
]


class Profile(Schema):
    """A person; `phone` in E.164 counts for nothing until `phoneVerified`, `email` is the identity provider's."""

    id: UUID
    email: str
    email_verified: bool
    name: Annotated[str, Field(examples=["Asha Rao"])]
    phone: str | None
    phone_verified: bool
    language: Language
    referral_code: str
    created_at: datetime


class ProfileAnswer(Schema):
    success: bool = True
    profile: Profile


class ProfileChanges(Schema):
    """What is left out stays. `name` is printed on certificates; texts come in `language`."""

    name: Name | None = None
    language: Language | None = None
