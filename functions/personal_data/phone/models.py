"""Proving a phone number with a code."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from functions.personal_data.profile.models import Profile
from shared.routing import Schema


class PhoneRequest(Schema):
    """`phone` in E.164: a plus, the country's code and the number."""

    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", examples=["+919876543210"])]
    """The number to prove."""


class CodeSent(Schema):
    """The code works until `expiresAt`, at most five times are tried."""

    success: bool = True
    phone: str
    """Where the code goes."""
    expires_at: datetime
    """Until when the code works."""


class CodeRequest(Schema):
    """The six digits of the SMS."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["123456"])]
    """As the SMS has it."""


class PhoneVerified(Schema):
    success: bool = True
    profile: Profile
    """The profile with its new number."""
