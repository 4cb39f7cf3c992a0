"""Students watch what they paid for, for as long as they have paid for it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.recordings.studio import BUCKET, Studio, query_of, unknown


def test_a_student_with_a_paid_seat_lists_and_watches(studio: Studio) -> None:
    student, recording_id = studio.student(), studio.recording()
    listed = studio.list(student)
    before = datetime.now(UTC)
    playback = studio.play(student, recording_id)
    assert [each["id"] for each in listed.body["recordings"]] == [recording_id]
    assert playback.status == 200
    assert playback.body["url"].startswith(f"https://{BUCKET}.s3.ap-south-1.amazonaws.com/recordings/{recording_id}/")
    assert int(query_of(playback.body["url"])["X-Amz-Expires"]) <= 900
    assert datetime.fromisoformat(playback.body["expiresAt"]) - before < timedelta(minutes=15, seconds=5)
    assert "video_url" not in listed.raw
    assert "s3://" not in listed.raw


def test_the_student_s_list_shows_only_what_is_ready(studio: Studio) -> None:
    student, recording_id = studio.student(), studio.recording()
    studio.create()
    assert [each["id"] for each in studio.list(student).body["recordings"]] == [recording_id]


@pytest.mark.parametrize(
    ("columns", "status", "code"),
    [
        ({"status": "pending", "payment_status": "pending", "hold_expires_at": datetime.now(UTC)}, 403,
         "payment_incomplete"),
        ({"payment_status": "refunded"}, 403, "payment_incomplete"),
        ({"status": "cancelled"}, 404, "not_registered"),
        ({"status": "expired", "payment_status": "pending"}, 404, "not_registered"),
        ({"payment_status": "free"}, 200, None),
    ],
)  # fmt: skip
def test_only_a_confirmed_paid_or_free_seat_watches(
    studio: Studio, columns: dict[str, object], status: int, code: str | None
) -> None:
    recording_id = studio.recording()
    student = studio.student(**columns)
    listed, playback = studio.list(student), studio.play(student, recording_id)
    position = studio.keep_position(student, recording_id, 60)
    assert (listed.status, listed.body.get("code")) == (status, code)
    assert {playback.status, position.status} == {200 if code is None else 404}


def test_a_refund_or_cancellation_ends_the_access(studio: Studio) -> None:
    recording_id = studio.recording()
    for change in ("payment_status = 'refunded'", "status = 'cancelled'"):
        student = studio.student()
        assert studio.play(student, recording_id).status == 200
        with studio.platform.database.look() as conn:
            conn.execute(f"update registrations set {change} where user_id = %s", (student,))  # pyright: ignore[reportArgumentType]
        assert studio.list(student).status in (403, 404)
        assert studio.play(student, recording_id).status == 404
        assert studio.keep_position(student, recording_id, 5).status == 404


def test_what_is_not_for_the_caller_looks_like_what_does_not_exist(studio: Studio) -> None:
    recording_id, stranger = studio.recording(), studio.platform.profile()
    foreign, absent = studio.play(stranger, recording_id), studio.play(stranger, unknown())
    listed, absent_list = studio.list(stranger), studio.list(stranger, unknown())
    for one, other in ((foreign, absent), (listed, absent_list)):
        assert one.status == other.status == 404
        assert one.body | {"requestId": ""} == other.body | {"requestId": ""}


def test_the_watch_position_is_kept_for_each_student(studio: Studio) -> None:
    recording_id, first, second = studio.recording(), studio.student(), studio.student()
    assert studio.keep_position(first, recording_id, 754).body["positionSeconds"] == 754
    studio.keep_position(first, recording_id, 90)  # rewound
    assert studio.play(first, recording_id).body["positionSeconds"] == 90
    assert studio.list(first).body["recordings"][0]["positionSeconds"] == 90
    assert studio.play(second, recording_id).body["positionSeconds"] == 0


def test_a_position_that_is_none_is_refused(studio: Studio) -> None:
    student, recording_id = studio.student(), studio.recording()
    for seconds in (-1, 86_401, 1.5, "60", None, True):
        answer = studio.watch("PUT", f"/{recording_id}/position", student, body={"positionSeconds": seconds})
        assert (answer.status, answer.body["code"]) == (422, "invalid"), seconds
    assert studio.platform.rows("select 1 from recording_positions") == []
