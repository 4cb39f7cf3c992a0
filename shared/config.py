"""The settings of one function, read from its environment once; nothing else reads the environment."""

import os
from functools import cache

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What the template sets. Secrets are named here, never held; see `shared.secrets`.

    Plain pydantic: importing pydantic-settings alone would take the webhook over its cold-start budget.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    database_secret_id: str
    razorpay_secret_id: str = ""
    service_role_secret_id: str = ""
    razorpay_base_url: str
    token_issuer: str
    token_client_ids: str
    token_jwks_url: str
    user_pool_id: str
    notification_queue_url: str
    email_from: str
    public_base_url: str
    allowed_origins: str
    time_zone: str
    hold_minutes: int = Field(ge=1)
    documents_bucket: str
    recordings_bucket: str

    @property
    def client_ids(self) -> frozenset[str]:
        return frozenset(filter(None, self.token_client_ids.split(",")))


@cache
def settings() -> Settings:
    """The settings of this execution environment; raises pydantic.ValidationError naming what is not set."""
    return Settings.model_validate({name.lower(): value for name, value in os.environ.items()})
