"""The settings of one function, read from its environment once; nothing else reads the environment."""

import os
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What the template sets. Secrets are named here, never held; see `shared.secret_store`.

    Plain pydantic: importing pydantic-settings alone would take the webhook over its cold-start budget.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    database_secret_id: str = ""  # of every function that has a database
    database_address: str = ""
    public_database_secret_id: str = ""
    user_database_secret_id: str = ""
    admin_database_secret_id: str = ""
    worker_database_secret_id: str = ""
    razorpay_secret_id: str = ""
    razorpay_webhook_secret_id: str = ""
    service_role_secret_id: str = ""
    razorpay_base_url: str
    token_issuer: str
    token_client_ids: str
    token_jwks_url: str
    token_emails_verified: bool = False  # whether an address without the claim email_verified is verified
    user_pool_id: str
    require_admin_mfa: bool = True
    notification_queue_url: str
    email_from: str
    support_email: str = ""  # where answers to mails go; empty for email_from
    public_base_url: str
    allowed_origins: str
    time_zone: str
    hold_minutes: int = Field(ge=1)
    referral_cooling_days: int = Field(default=7, ge=0)
    checkin_opens_minutes: int = Field(default=30, ge=0)
    join_opens_minutes: int = Field(default=15, ge=0)
    analytics_retention_months: int = Field(default=13, ge=3, le=120)
    device_secret_id: str = ""
    device_retention_days: int = Field(default=90, ge=1)
    webhook_retention_days: int = Field(default=180, ge=1)
    documents_bucket: str
    recordings_bucket: str

    supplier_name: str = ""  # on receipts; empty for the issuer of certificates
    supplier_address: str = ""
    supplier_gstin: str = ""  # its first two digits are the supplier's state; without one, receipts have no tax lines
    supplier_sac: str = "999293"
    tax_basis_points: int = Field(default=1800, ge=0, le=5000)

    certificate_issuer: str = "Crash Course"
    certificate_secret_id: str = ""
    badge_key_id: str = ""
    tree_heads_bucket: str = ""

    reconciliation_function: str = ""  # its ARN

    console_client_id: str = ""
    console_metadata_url: str = ""
    console_scope: str = "openid email profile"
    console_origins: str = ""  # separated by spaces; whatever the console asks beside this API and the issuer

    app_base_url: str = ""  # of the client's pages; without one, mails lead to pages of the platform's own
    client_paths: str = ""
    link_secret_id: str = ""
    realtime_endpoint: str = ""
    email_provider: Literal["ses", "sendgrid"] = "ses"
    sms_provider: Literal["sns", "twilio"] = "sns"
    provider_secret_id: str = ""
    ses_configuration_set: str = ""
    sendgrid_base_url: str = "https://api.sendgrid.com"
    twilio_base_url: str = "https://api.twilio.com"
    twilio_from: str = ""
    sms_sender_id: str = ""
    sms_entity_id: str = ""
    sms_template_ids: str = ""
    sms_countries: str = "+91"
    sms_per_person_a_day: int = Field(default=20, ge=1)
    sms_per_day: int = Field(default=5_000, ge=1)

    @property
    def client_page_paths(self) -> dict[str, str]:
        """The client's path by the page of docs/clients.md, for those that it has elsewhere."""
        return dict(pair.split("=", 1) for pair in self.client_paths.split(",") if "=" in pair)

    def serves_number(self, phone: str) -> bool:
        """Whether SMS go to the country of an E.164 number."""
        return phone.startswith(tuple(self.sms_countries.split(",")))

    @property
    def sms_templates(self) -> dict[str, str]:
        """DLT template id by the name of the notification's template, `<name>.<language>` for other languages."""
        return dict(pair.split("=", 1) for pair in self.sms_template_ids.split(",") if "=" in pair)

    @property
    def uses_own_pool(self) -> bool:
        """Whether tokens come from the stack's own user pool, not from an issuer given by parameter."""
        return bool(self.user_pool_id) and self.token_issuer.endswith(self.user_pool_id)

    @property
    def client_ids(self) -> frozenset[str]:
        return frozenset(filter(None, self.token_client_ids.split(",")))


@cache
def settings() -> Settings:
    """The settings of this execution environment; raises pydantic.ValidationError naming what is not set."""
    return Settings.model_validate({name.lower(): value for name, value in os.environ.items()})


def hsts_seconds() -> int:
    """For how long browsers use nothing but TLS, 0 to say nothing: known to what answers without any other setting."""
    return int(os.environ.get("HSTS_SECONDS", "0"))
