"""A new number gets a code before anything else, and takes the place of the old one when the code comes back."""

from datetime import datetime, timedelta
from uuid import UUID

from functions.personal_data.phone import queries
from functions.personal_data.phone.models import CodeSent
from shared.config import settings
from shared.db import Connection
from shared.errors import Conflict, Invalid, TooManyRequests
from shared.notifications import service as notifications
from shared.notifications.models import Notice
from shared.profiles import phone_codes

VALID_FOR = timedelta(minutes=10)
MAX_ATTEMPTS = 5
CODES_PER_HOUR = 3
CODES_PER_DAY = 10
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def send_code(conn: Connection, user_id: UUID, phone: str, now: datetime) -> CodeSent:
    """Queue an SMS with a code; the code before it no longer works.

    Raises Invalid (`country_not_served`), Conflict (`profile_missing`) and TooManyRequests (`too_many_codes`): three
    codes an hour and ten a day to a person, and to a number, whoever asks for them.
    """
    if not settings().serves_number(phone):
        raise Invalid("SMS do not go to this country.", code="country_not_served")
    if not queries.lock_profile(conn, user_id):
        raise Conflict("Confirm the sign-up or register for a course first.", code="profile_missing")
    for most, period in ((CODES_PER_HOUR, HOUR), (CODES_PER_DAY, DAY)):
        earliest = queries.oldest_of_last(conn, user_id, phone, most, now - period)
        if earliest is not None:
            wait = earliest + period - now
            raise TooManyRequests(
                "Too many codes were sent.",
                code="too_many_codes",
                retry_after_seconds=int(wait.total_seconds()) + 1,
            )
    verification_id = queries.insert_verification(conn, user_id, phone, now, now + VALID_FOR)
    notice = Notice(
        user_id,
        phone_codes.TEMPLATE,
        f"{phone_codes.TEMPLATE}:{verification_id}",
        {"verificationId": str(verification_id)},
        types=("sms",),
        priority="urgent",
    )
    notifications.enqueue(conn, [notice])
    return CodeSent(phone=phone, expires_at=now + VALID_FOR)


def try_code(conn: Connection, user_id: UUID, code: str, now: datetime) -> int | None:
    """None when the number is proven and now the person's; else how many more tries this code has.

    The caller commits either way, so that a wrong try counts. Raises Conflict (`code_expired`) when none can be tried.
    """
    verification = queries.start_attempt(conn, user_id, MAX_ATTEMPTS, now)
    if verification is None:
        raise Conflict(
            "There is no code to try, or it was tried too often or too late. Ask for a new one.", code="code_expired"
        )
    if not phone_codes.is_code(verification.id, code):
        return MAX_ATTEMPTS - verification.attempts
    queries.mark_verified(conn, verification.id, now)
    queries.set_phone(conn, user_id, verification.phone, now)
    return None
