"""What the doors of send-notifications answer, and what then has arrived where."""

from uuid import uuid4

import pytest

from shared.notifications.models import Notice
from tests.notifications.notification_platform import Platform

PAID: dict[str, str | int | None] = {
    "eventTitle": "Deep Rust",
    "registrationId": "r-1",
    "amount": 123450,
    "currency": "INR",
    "paymentId": "pay_1",
}


def test_a_run_answers_as_the_spec_says_and_delivers_over_every_way(platform: Platform) -> None:
    asha = platform.person("asha@example.com")
    platform.enqueue(Notice(asha, "payment_success", "paid:1", PAID, types=("email", "sms", "in_app")))
    assert platform.post_run() == (
        200,
        {"success": True, "processed": {"email": 1, "sms": 1, "inApp": 1, "failed": 0}, "total": 3},
    )
    [mail] = platform.mails()
    assert mail["destinations"]["ToAddresses"] == ["asha@example.com"]
    assert mail["subject"] == "Your seat in Deep Rust is confirmed"
    [inbox] = platform.rows("select title, message, type, action_url from in_app_notifications")
    assert inbox == {
        "title": "Your seat in Deep Rust is confirmed",
        "message": "Thank you! We received ₹1,234.50, and your seat is confirmed.",
        "type": "success",
        "action_url": "/registrations/r-1",
    }
    [(_, number, text)] = [(each["message_id"], each["phone_number"], each["message"]) for each in platform.texts()]
    assert (number, text) == ("+919876543210", "We received ₹1,234.50 for Deep Rust. Thank you.")
    assert platform.states() == {"sent": 3}


@pytest.mark.parametrize("bearer", [None, "", "wrong", "ключ"])
def test_only_the_service_bearer_starts_a_run(platform: Platform, bearer: str | None) -> None:
    platform.enqueue(Notice(platform.person(), "payment_success", "paid:1", PAID))
    status, problem = platform.post_run(bearer)
    assert (status, problem["code"]) == (401, "unauthenticated")
    assert platform.states() == {"pending": 2}


def test_a_run_takes_a_hundred_the_most_urgent_and_oldest_first(platform: Platform) -> None:
    asha = platform.person()
    low = platform.enqueue(
        *(Notice(asha, "payment_success", f"low:{n}", PAID, types=("in_app",), priority="low") for n in range(100))
    )
    urgent = platform.enqueue(
        *(Notice(asha, "payment_success", f"now:{n}", PAID, types=("in_app",), priority="urgent") for n in range(40))
    )
    platform.rows("update notifications_queue set scheduled_for = now() - interval '1 day' where id = %s", low[77])
    assert platform.sweep()["total"] == 100
    assert {platform.queued(each)["status"] for each in urgent} == {"sent"}
    assert platform.queued(low[77])["status"] == "sent"


def test_a_message_of_the_queue_delivers_what_it_names_once(platform: Platform) -> None:
    ids = [str(each) for each in platform.enqueue(Notice(platform.person(), "payment_success", "paid:1", PAID))]
    assert platform.drain({"ids": ids}, {"ids": ids}) == {"batchItemFailures": []}
    assert platform.states() == {"sent": 2}
    assert len(platform.mails()) == 1


def test_a_notification_of_the_future_waits_for_its_time(platform: Platform) -> None:
    [row] = platform.enqueue(Notice(platform.person(), "payment_success", "paid:1", PAID, types=("in_app",)))
    platform.rows("update notifications_queue set scheduled_for = now() + interval '1 hour'")
    platform.drain({"ids": [str(row)]})
    assert platform.sweep()["total"] == 0
    platform.pass_time(3601)
    assert platform.sweep()["total"] == 1


def test_an_unknown_text_and_data_that_does_not_fit_fail_at_once_and_disturb_nothing(platform: Platform) -> None:
    asha = platform.person()
    unknown, unfit, fine = platform.enqueue(
        Notice(asha, "no_such_text", "1", types=("in_app",)),
        Notice(asha, "payment_success", "2", {"eventTitle": "Rust"}, types=("in_app",)),
        Notice(asha, "payment_success", "3", PAID, types=("in_app",)),
    )
    assert platform.sweep()["processed"] == {"email": 0, "sms": 0, "inApp": 1, "failed": 2}
    assert platform.queued(unknown)["last_error"] == "no text named no_such_text"
    assert platform.queued(unfit)["status"] == "failed"
    assert platform.queued(fine)["status"] == "sent"


def test_ids_of_nothing_are_no_failure(platform: Platform) -> None:
    assert platform.drain({"ids": [str(uuid4())]}) == {"batchItemFailures": []}
