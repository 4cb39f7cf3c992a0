"""What Cognito asks for, and the mail it gets.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Kind = Literal["confirmation", "reset", "invitation"]
KINDS: dict[str, Kind] = {
    "CustomMessage_SignUp": "confirmation",
    "CustomMessage_ResendCode": "confirmation",
    "CustomMessage_UpdateUserAttribute": "confirmation",
    "CustomMessage_VerifyUserAttribute": "confirmation",
    "CustomMessage_ForgotPassword": "reset",
    "CustomMessage_AdminCreateUser": "invitation",
}


class MessageRequest(BaseModel):
    """Why a mail is sent, and to whom. The parameters are what Cognito replaces by the code and the user name."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    trigger_source: str
    code_parameter: str
    username_parameter: str | None = None
    user_attributes: dict[str, str] = Field(default_factory=dict)
    client_metadata: dict[str, str] | None = None

    @property
    def kind(self) -> Kind | None:
        return KINDS.get(self.trigger_source)

    @property
    def language(self) -> str:
        """What the client says now (`language`), else what the account says (`locale`), without the region; or none."""
        chosen = (self.client_metadata or {}).get("language") or self.user_attributes.get("locale", "")
        return chosen.replace("_", "-").split("-", maxsplit=1)[0]


@dataclass(frozen=True)
class AccountMail:
    """Cognito takes a subject of 140 and a message of 20,000 characters."""

    subject: str
    html: str
