"""`stack.json`: all that a client, a test or a person needs to use the running stack."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Entry(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Cognito(_Entry):
    user_pool_id: str
    client_id: str


class User(_Entry):
    """A seeded user; `token` is an access token of a day, made anew at every start."""

    id: str
    email: str
    password: str
    token: str


class StackFile(_Entry):
    """Addresses, secrets and users of one running stack; all of it is worthless elsewhere."""

    base_url: str
    database_url: str
    """The owner's, which row level security does not hold back: for looking inside."""
    app_database_url: str
    """What the functions that answer everybody log in with."""
    worker_database_url: str
    """What the functions that act for the platform log in with."""
    aws_endpoint_url: str
    razorpay_url: str
    web_socket_url: str
    """Open with `?token=<access token>`; each new notification is pushed."""
    webhook_secret: str
    service_role_key: str
    razorpay_key_id: str
    razorpay_key_secret: str
    cognito: Cognito
    users: dict[str, User]
    functions: dict[str, str]
    """Deployed name by folder name below `functions/`."""
