"""What can be refused. Services raise these; the edge turns them into RFC 9457 problems, once."""

from collections.abc import Mapping
from uuid import UUID


class AppError(Exception):
    """A refusal that the caller can understand: an HTTP status, a machine-readable code and a sentence."""

    status = 500
    code = "internal_error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        registration_id: UUID | None = None,
    ) -> None:
        """`registration_id` names what is in the way, so that a client can go there."""
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.headers = dict(headers or {})
        self.registration_id = registration_id


class Invalid(AppError):
    status = 422
    code = "invalid"


class NotJson(AppError):
    status = 400
    code = "not_json"


class Unauthenticated(AppError):
    status = 401
    code = "unauthenticated"


class Forbidden(AppError):
    status = 403
    code = "forbidden"


class NotFound(AppError):
    """Also what is somebody else's: absence and refusal look the same."""

    status = 404
    code = "not_found"

    def __init__(self, what: str) -> None:
        super().__init__(f"No such {what}.")


class Conflict(AppError):
    status = 409
    code = "conflict"


class ChangedMeanwhile(AppError):
    """The change is based on a state that is no longer the current one."""

    status = 412
    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed this meanwhile. Read it again, and repeat your change if it still fits."
        )


class TooLarge(AppError):
    status = 413
    code = "body_too_large"


class TooManyRequests(AppError):
    """Asked too often; the same request may succeed after `retry_after_seconds`."""

    status = 429
    code = "too_many_requests"

    def __init__(self, detail: str, *, code: str | None = None, retry_after_seconds: int) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after_seconds)})


class Unavailable(AppError):
    """The database or a provider cannot be reached now; the same request may succeed later."""

    status = 503
    code = "unavailable"

    def __init__(self, detail: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_seconds)})
