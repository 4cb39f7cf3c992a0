"""A person as the identity provider describes them."""

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class PoolUser(BaseModel):
    """The attributes of a user that the platform keeps; `phone` in E.164.

    What the provider does not call verified is not: a missing claim is no promise.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    email: str = Field(min_length=3, max_length=320)
    email_verified: bool = False
    full_name: str = Field(default="", alias="name")
    phone: str | None = Field(default=None, alias="phone_number")
    phone_verified: bool = Field(default=False, alias="phone_number_verified")
    language: str = Field(default="en", alias="locale")

    @field_validator("full_name")
    @classmethod
    def _short(cls, name: str) -> str:
        return name[:200]

    @field_validator("phone")
    @classmethod
    def _e164(cls, phone: str | None) -> str | None:
        return phone if phone and PHONE.fullmatch(phone) else None

    @field_validator("language")
    @classmethod
    def _known_language(cls, language: str) -> str:
        return language.replace("_", "-") if re.fullmatch(r"[a-z]{2}([-_][A-Z]{2})?", language) else "en"
