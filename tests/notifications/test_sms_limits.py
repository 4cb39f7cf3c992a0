"""SMS cost money: a person, the platform and the countries they go to have limits."""

from uuid import UUID, uuid4

import pytest

from shared.notifications.models import Notice
from tests.notifications.notification_platform import Platform


def outcome(platform: Platform, user: UUID) -> tuple[str, str | None]:
    """Status of an SMS to the person, and why it was not sent."""
    notice = Notice(user, "waitlist_joined", str(uuid4()), {"eventTitle": "Deep Rust"}, types=("sms",))
    [row] = platform.enqueue(notice)
    platform.sweep()
    queued = platform.queued(row)
    return queued["status"], queued["last_error"]


def test_a_person_gets_so_many_a_day(platform: Platform) -> None:
    platform.set(sms_per_person_a_day="2")
    asha = platform.person()
    assert [outcome(platform, asha)[0] for _ in range(2)] == ["sent", "sent"]
    assert outcome(platform, asha) == ("cancelled", "daily SMS limit of the person")
    assert outcome(platform, platform.person()) == ("sent", None)
    platform.rows("update notifications_queue set sent_at = sent_at - interval '1 day'")
    assert outcome(platform, asha) == ("sent", None)


def test_the_platform_sends_so_many_a_day(platform: Platform) -> None:
    platform.set(sms_per_day="2")
    assert [outcome(platform, platform.person()) for _ in range(3)] == [
        ("sent", None),
        ("sent", None),
        ("cancelled", "daily SMS limit of the platform"),
    ]


@pytest.mark.parametrize(("phone", "is_served"), [("+919876543210", True), ("+8801712345678", False)])
def test_they_go_to_the_countries_that_are_served(platform: Platform, phone: str, is_served: bool) -> None:
    expected = ("sent", None) if is_served else ("cancelled", "country not served")
    assert outcome(platform, platform.person(phone=phone)) == expected
    platform.set(sms_countries="+91,+880")
    assert outcome(platform, platform.person(phone=phone)) == ("sent", None)
