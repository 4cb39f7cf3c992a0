"""WebSockets: opened with a token, told after commit, forgotten when gone; and what SES tells afterwards."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from functions.realtime import handler, service
from functions.send_notifications import push
from functions.send_notifications.models import InboxRow
from functions.send_notifications.service import deliver
from shared import clock, db
from shared.actors import SERVICE
from shared.errors import Forbidden
from shared.notifications.models import Notice
from shared.tokens import Caller
from tests.notifications.notification_platform import Context, Platform

DATA: dict[str, str | int | None] = {"eventTitle": "Deep Rust"}


class Sockets:
    """API Gateway's @connections: some are open, the others gone."""

    def __init__(self, platform: Platform, *open_ids: str) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.committed: list[bool] = []
        self._platform = platform
        self._open = set(open_ids)

    def post(self, connection_id: str, data: bytes) -> None:
        if connection_id not in self._open:
            raise push.ConnectionGone
        message = json.loads(data)
        self.told.append((connection_id, message))
        seen = self._platform.rows("select 1 from in_app_notifications where id = %s", message["notification"]["id"])
        self.committed.append(bool(seen))

    def deliver(self) -> None:
        def tell(rows: Sequence[InboxRow]) -> None:
            push.push(lambda: db.transaction(SERVICE), self.post, lambda: True, rows)

        deliver(self._platform.ways(lambda claimed, message: "", push=tell))


def connect(platform: Platform, connection_id: str, user_id: UUID, **lifetime: int) -> None:
    caller = Caller(user_id, clock.now() + timedelta(**(lifetime or {"hours": 1})))
    with db.transaction(SERVICE) as conn:
        service.connect(conn, connection_id, caller, clock.now())


def event(route: str, **query: str) -> dict[str, Any]:
    return {
        "requestContext": {"routeKey": route, "connectionId": "c-1", "requestId": "r"},
        "queryStringParameters": query,
    }


def test_each_open_connection_of_a_person_is_told_after_commit_and_gone_ones_are_forgotten(platform: Platform) -> None:
    asha, birk = platform.person(), platform.person()
    for connection_id, owner in (("phone", asha), ("laptop", asha), ("closed", asha), ("birk", birk)):
        connect(platform, connection_id, owner)
    sockets = Sockets(platform, "phone", "laptop", "birk")
    platform.enqueue(Notice(asha, "waitlist_joined", "1", DATA), Notice(asha, "hold_expired", "2", DATA))
    sockets.deliver()
    assert sorted(connection_id for connection_id, _ in sockets.told) == ["laptop", "laptop", "phone", "phone"]
    assert all(sockets.committed)
    told = sockets.told[0][1]
    assert told["event"] == "notification"
    assert set(told["notification"]) == {"id", "title", "message", "type", "actionUrl", "createdAt"}
    left = platform.rows("select connection_id from realtime_connections order by 1")
    assert [row["connection_id"] for row in left] == ["birk", "laptop", "phone"]


def test_past_the_tokens_end_nothing_is_pushed(platform: Platform) -> None:
    asha = platform.person()
    connect(platform, "old", asha, seconds=-1)
    sockets = Sockets(platform, "old")
    platform.enqueue(Notice(asha, "waitlist_joined", "1", DATA))
    sockets.deliver()
    assert sockets.told == []


def test_no_connection_outlives_two_hours_and_nobody_has_more_than_ten(platform: Platform) -> None:
    asha = platform.person()
    for n in range(13):
        connect(platform, f"c-{n:02}", asha, hours=24)
    [row] = platform.rows(
        "select count(*) as n, max(expires_at) < now() + interval '121 minutes' as soon from realtime_connections"
    )
    assert row == {"n": 10, "soon": True}


def test_a_push_that_fails_changes_nothing_about_the_inbox(platform: Platform) -> None:
    asha = platform.person()
    connect(platform, "phone", asha)

    def fails(connection_id: str, data: bytes) -> None:
        raise push.ConnectionUnreachable("LimitExceededException")

    def tell(rows: Sequence[InboxRow]) -> None:
        push.push(lambda: db.transaction(SERVICE), fails, lambda: True, rows)

    platform.enqueue(Notice(asha, "waitlist_joined", "1", DATA, types=("in_app",)))
    deliver(platform.ways(lambda claimed, message: "", push=tell))
    assert platform.states() == {"sent": 1}
    assert len(platform.rows("select 1 from realtime_connections")) == 1


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "x"}, {"token": "a.b.c"}])
def test_without_a_good_token_no_connection_opens(platform: Platform, query: dict[str, str]) -> None:
    assert handler.lambda_handler(event("$connect", **query), Context())["statusCode"] == 401  # pyright: ignore[reportArgumentType]
    assert platform.rows("select 1 from realtime_connections") == []


def test_a_user_without_a_profile_is_refused_and_a_closed_connection_forgotten(platform: Platform) -> None:
    with pytest.raises(Forbidden):
        connect(platform, "c-1", uuid4())
    connect(platform, "c-1", platform.person())
    for route in ("$default", "$disconnect", "$disconnect"):
        assert handler.lambda_handler(event(route), Context()) == {"statusCode": 200}  # pyright: ignore[reportArgumentType]
    assert platform.rows("select 1 from realtime_connections") == []


def reported_by_ses(
    kind: str, address: str, notification_id: UUID | None = None, bounce: str = "Permanent"
) -> dict[str, Any]:
    tags = {"notification": [str(notification_id)]} if notification_id else {}
    recipients = [{"emailAddress": address}]
    detail = {
        "Bounce": {"bounce": {"bounceType": bounce, "bouncedRecipients": recipients}},
        "Complaint": {"complaint": {"complainedRecipients": recipients}},
    }[kind]
    return {"eventType": kind, "mail": {"messageId": "m", "tags": tags}, **detail}


@pytest.mark.parametrize(("kind", "reason"), [("Bounce", "bounce"), ("Complaint", "complaint")])
def test_an_address_that_bounced_or_complained_is_never_written_to_again(
    platform: Platform, kind: str, reason: str
) -> None:
    asha = platform.person("Asha@Example.com")
    [row] = platform.mail_to(asha)
    platform.sweep()
    told = reported_by_ses(kind, "Asha Rao <asha@example.com>", row)
    assert platform.drain(told, told) == {"batchItemFailures": []}
    assert platform.queued(row)["status"] == ("failed" if kind == "Bounce" else "sent")
    [again] = platform.enqueue(Notice(asha, "hold_expired", "2", DATA, types=("email",)))
    platform.sweep()
    assert platform.queued(again)["last_error"] == f"address suppressed: {reason}"
    assert len(platform.mails()) == 1


def test_a_full_mailbox_is_written_to_again(platform: Platform) -> None:
    assert platform.drain(reported_by_ses("Bounce", "asha@example.com", bounce="Transient")) == {
        "batchItemFailures": []
    }
    assert platform.rows("select 1 from suppressed_addresses") == []
