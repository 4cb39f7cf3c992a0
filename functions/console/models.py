"""What the console is served as."""

from dataclasses import dataclass

from shared.routing import Schema


class SignInConfiguration(Schema):
    """How the page signs in: an OIDC client without a secret, by authorization code with PKCE.

    `timeZone` is the platform's, in which the page shows what has no time zone of its own.
    """

    issuer: str
    metadata_url: str
    client_id: str
    scope: str
    uses_cognito: bool
    time_zone: str


@dataclass(frozen=True)
class StaticFile:
    """A file as it is served."""

    content: bytes
    content_type: str
