"""What a person sees and changes of their profile."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from shared.languages import Language, LanguageOf
from shared.plain_text import check_line
from shared.routing import Schema

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(check_line),
    Field(examples=["Asha Rao"]),
]


class Profile(Schema):
    """A person; `phone` in E.164 counts for nothing until `phoneVerified`, `email` is the identity provider's."""

    id: UUID
    email: str
    """Where mails go, as the identity provider knows it."""
    email_verified: bool
    """Whether the identity provider has verified the address: no mail goes to one that is not."""
    name: Annotated[str, Field(examples=["Asha Rao"])]
    """As certificates print it."""
    phone: str | None
    """In E.164; null without one."""
    phone_verified: bool
    """Whether a code has proven the number: no SMS goes to one that is not."""
    language: LanguageOf
    """The language of mails, SMS, inbox and documents."""
    marketing_consent: bool
    """Whether the person has agreed to marketing, and not withdrawn it."""
    referral_code: str
    """What others enter when this person recommended the course."""
    created_at: datetime


class ProfileAnswer(Schema):
    success: bool = True
    profile: Profile
    """The profile as it is now."""


class ProfileChanges(Schema):
    """What is left out stays. `name` is printed on certificates; texts come in `language`."""

    name: Name | None = None
    """The new name, 1 to 200 characters on one line; it is printed on certificates that are issued from now on."""
    language: Language | None = None
    """The new language of texts."""
    marketing_consent: bool | None = None
    """True agrees to marketing as docs/clients.md words it, false withdraws that; kept with time and wording."""
