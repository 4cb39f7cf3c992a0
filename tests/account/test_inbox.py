"""A user's inbox: their own rows only, in pages, read once."""

from uuid import UUID, uuid4

import pytest

from shared.notifications.models import Notice
from tests.notifications.notification_platform import Platform


def fill(platform: Platform, user_id: UUID, count: int) -> None:
    data: dict[str, str | int | None] = {"eventTitle": "Deep Rust"}
    notices = (Notice(user_id, "waitlist_joined", f"{user_id}:{n}", data, types=("in_app",)) for n in range(count))
    platform.enqueue(*notices)
    platform.sweep()


def test_the_inbox_comes_in_pages_that_miss_and_repeat_nothing(platform: Platform) -> None:
    asha = platform.person()
    fill(platform, asha, 25)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for size in (10, 10, 5):
        status, page = platform.account("GET", "notifications", asha, limit="10", **cursor)
        assert (status, len(page["notifications"]), page["unreadCount"]) == (200, size, 25)
        seen += [each["id"] for each in page["notifications"]]
        cursor = {"cursor": page["nextCursor"]}
    assert len(set(seen)) == 25
    assert cursor == {"cursor": None}


def test_reading_one_leaves_the_others_unread_and_reading_again_changes_nothing(platform: Platform) -> None:
    asha = platform.person()
    fill(platform, asha, 3)
    first = platform.account("GET", "notifications", asha)[1]["notifications"][0]
    once = platform.account("POST", f"notifications/{first['id']}/read", asha)
    assert once[0] == 200
    assert once[1]["notification"]["readAt"]
    assert platform.account("POST", f"notifications/{first['id']}/read", asha) == once
    unread = platform.account("GET", "notifications", asha, unread="true")[1]
    assert (len(unread["notifications"]), unread["unreadCount"]) == (2, 2)


def test_read_all_reads_the_callers_alone(platform: Platform) -> None:
    asha, birk = platform.person(), platform.person()
    fill(platform, asha, 3)
    fill(platform, birk, 2)
    assert platform.account("POST", "notifications/read-all", asha) == (200, {"read": 3})
    assert platform.account("POST", "notifications/read-all", asha) == (200, {"read": 0})
    assert platform.account("GET", "notifications", birk)[1]["unreadCount"] == 2


def test_somebody_elses_notification_and_none_at_all_look_the_same(platform: Platform) -> None:
    asha, birk = platform.person(), platform.person()
    fill(platform, birk, 1)
    theirs = platform.account("GET", "notifications", birk)[1]["notifications"][0]["id"]
    assert platform.account("GET", "notifications", asha)[1]["notifications"] == []
    cannot = platform.account("POST", f"notifications/{theirs}/read", asha)
    assert cannot[0] == 404
    assert platform.account("POST", f"notifications/{uuid4()}/read", asha) == cannot
    assert platform.account("GET", "notifications", birk)[1]["unreadCount"] == 1


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "!"}, {"unread": "2"}])
def test_bad_queries_are_refused(platform: Platform, query: dict[str, str]) -> None:
    assert platform.account("GET", "notifications", platform.person(), **query)[0] == 422


def test_without_a_token_there_is_no_inbox(platform: Platform) -> None:
    assert platform.account("GET", "notifications")[0] == 401
    assert platform.account("POST", "notifications/read-all")[0] == 401
