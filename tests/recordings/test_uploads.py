"""Administrators upload recordings in parts; S3's events and administrators move their states."""

import pytest

from tests.recordings.studio import BUCKET, MP4, Studio, query_of, unknown


def test_an_upload_becomes_a_recording_that_is_ready(studio: Studio) -> None:
    created = studio.create(durationMinutes=118)
    recording_id = created.body["recording"]["id"]
    completed = studio.complete(recording_id, studio.upload(created))
    arrived = studio.tell_of_arrival(recording_id)
    (listed,) = studio.administer("GET", query={"eventId": str(studio.event_id)}).body["recordings"]
    assert (created.status, created.body["recording"]["processingStatus"]) == (201, "uploading")
    assert (completed.status, completed.body["recording"]["processingStatus"]) == (200, "processing")
    assert arrived == {"status": "ready"}
    assert (listed["processingStatus"], listed["durationMinutes"], listed["fileSizeMb"]) == ("ready", 118, 2.01)


def test_every_part_has_a_link_of_an_hour_to_its_own_place(studio: Studio) -> None:
    upload = studio.create(3 * 1024**3).body["upload"]
    links = [query_of(part["url"]) for part in upload["parts"]]
    assert [int(link["partNumber"]) for link in links] == list(range(1, 49))
    assert {link["X-Amz-Expires"] for link in links} == {"3600"}
    assert upload["partSizeBytes"] == 64 * 1024 * 1024
    host = f"https://{BUCKET}.s3.ap-south-1.amazonaws.com/recordings/"
    assert all(part["url"].startswith(host) for part in upload["parts"])


def test_s3_s_event_before_our_own_answer_comes_to_the_same(studio: Studio) -> None:
    """The request died after S3 had taken the parts: the event moves the recording, asking again finds it so."""
    created = studio.create()
    recording_id = created.body["recording"]["id"]
    etag = studio.upload(created)
    before = studio.platform.row("select upload_id, video_url from session_recordings")
    studio.complete(recording_id, etag)
    studio.platform.rows(
        "update session_recordings set processing_status = 'uploading', upload_id = %s", before["upload_id"]
    )
    again = studio.complete(recording_id, etag)
    assert (again.status, again.body["recording"]["processingStatus"]) == (200, "processing")
    assert [studio.tell_of_arrival(recording_id)["status"] for _ in range(3)] == ["ready", "unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("announced", "content", "reason"),
    [
        (len(MP4) + 1, MP4, "2000012 bytes arrived of 2000013 announced"),
        (9, b"GIF89a..." , "The file is no video/mp4"),
        (12, b"\x1a\x45\xdf\xa3" + b"\x00" * 8, "The file is no video/mp4"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_was_announced_fails(
    studio: Studio, announced: int, content: bytes, reason: str
) -> None:
    created = studio.create(announced)
    recording_id = created.body["recording"]["id"]
    studio.complete(recording_id, studio.upload(created, content))
    assert studio.tell_of_arrival(recording_id) == {"status": "failed"}
    assert studio.state(recording_id) == {"status": "failed", "reason": reason}


def test_a_failed_recording_is_uploaded_again_and_the_old_file_is_ignored(studio: Studio) -> None:
    recording_id = studio.recording(b"no video at all")
    old_url = studio.platform.row("select video_url from session_recordings")["video_url"]
    studio.platform.rows("update session_recordings set file_size_bytes = %s", len(MP4))
    again = studio.administer("POST", f"/{recording_id}/upload")
    assert (again.status, again.body["recording"]["processingStatus"]) == (200, "uploading")
    assert studio.tell_of(BUCKET, old_url.removeprefix(f"s3://{BUCKET}/")) == {"status": "unchanged"}
    studio.complete(recording_id, studio.upload(again))
    assert studio.tell_of_arrival(recording_id) == {"status": "ready"}


def test_an_open_upload_gets_new_links(studio: Studio) -> None:
    created = studio.create()
    recording_id = created.body["recording"]["id"]
    again = studio.administer("POST", f"/{recording_id}/upload")
    assert again.status == 200
    first, second = (query_of(each.body["upload"]["parts"][0]["url"]) for each in (created, again))
    assert first["uploadId"] == second["uploadId"]
    studio.complete(recording_id, studio.upload(again))
    assert studio.tell_of_arrival(recording_id) == {"status": "ready"}


def test_files_of_nobody_are_ignored(studio: Studio) -> None:
    assert studio.tell_of(BUCKET, "elsewhere/file.mp4") == {"status": "ignored"}
    assert studio.tell_of(BUCKET, "recordings/not-an-id/file.mp4") == {"status": "ignored"}
    assert studio.tell_of(BUCKET, f"recordings/{unknown()}/file.mp4") == {"status": "unchanged"}
    recording_id = studio.create().body["recording"]["id"]
    assert studio.tell_of(BUCKET, f"recordings/{recording_id}/guessed.mp4") == {"status": "unchanged"}
    assert studio.state(recording_id)["status"] == "uploading"


def test_an_administrator_hides_and_shows_what_has_arrived(studio: Studio) -> None:
    student = studio.student()
    recording_id = studio.recording()
    hidden = studio.administer(
        "PATCH", f"/{recording_id}", body={"processingStatus": "failed", "failureReason": "Wrong session"}
    )
    assert (hidden.status, hidden.body["recording"]["failureReason"]) == (200, "Wrong session")
    assert studio.list(student).body["recordings"] == []
    assert studio.play(student, recording_id).status == 404
    shown = studio.administer("PATCH", f"/{recording_id}", body={"processingStatus": "ready", "title": "Day 1"})
    assert (shown.body["recording"]["title"], shown.body["recording"]["failureReason"]) == ("Day 1", None)
    assert studio.play(student, recording_id).status == 200


def test_what_has_not_arrived_cannot_be_ready(studio: Studio) -> None:
    recording_id = studio.create().body["recording"]["id"]
    early = studio.administer("PATCH", f"/{recording_id}", body={"processingStatus": "ready"})
    assert (early.status, early.body["code"]) == (409, "not_uploaded")
    studio.administer("PATCH", f"/{recording_id}", body={"processingStatus": "failed", "failureReason": "Given up"})
    for answer in (
        studio.administer("PATCH", f"/{recording_id}", body={"processingStatus": "ready"}),
        studio.complete(recording_id, '"etag"'),
    ):
        assert (answer.status, answer.body["code"]) in [(409, "not_uploaded"), (409, "no_upload")]


def test_refusals_of_uploading_have_codes(studio: Studio) -> None:
    created = studio.create()
    recording_id = created.body["recording"]["id"]
    studio.upload(created)
    wrong_parts = studio.complete(recording_id, '"0123456789abcdef0123456789abcdef"')
    assert (wrong_parts.status, wrong_parts.body["code"]) == (422, "parts_refused")
    done = studio.recording()
    assert studio.administer("POST", f"/{done}/upload").body["code"] == "no_upload"
    assert studio.complete(done, '"etag"').status == 200  # complete already: the same answer
    for answer in (
        studio.create(eventId=str(unknown())),
        studio.create(sessionId=str(unknown())),
        studio.complete(str(unknown()), '"etag"'),
        studio.administer("POST", f"/{unknown()}/upload"),
        studio.administer("PATCH", f"/{unknown()}", body={"title": "x"}),
    ):
        assert (answer.status, answer.body["code"]) == (404, "not_found")
    for body in ({"failureReason": "alone"}, {"processingStatus": "failed"}, {"processingStatus": "uploading"}):
        assert studio.administer("PATCH", f"/{recording_id}", body=body).status == 422


def test_every_change_is_in_the_audit_log(studio: Studio) -> None:
    recording_id = studio.recording(b"no video")
    studio.administer("POST", f"/{recording_id}/upload")
    studio.administer("PATCH", f"/{recording_id}", body={"title": "Day 1"})
    found = studio.platform.rows("select action, admin_id, resource_id from admin_audit_logs order by position")
    assert [row["action"] for row in found] == [
        "recording.create",
        "recording.complete",
        "recording.restart",
        "recording.change",
    ]
    assert {(row["admin_id"], row["resource_id"]) for row in found} == {(studio.admin_id, recording_id)}


def test_students_cannot_upload_or_change(studio: Studio) -> None:
    student = studio.student()
    for method, path in (("POST", ""), ("GET", ""), ("PATCH", f"/{unknown()}"), ("POST", f"/{unknown()}/complete")):
        answer = studio.platform.request(
            "admin_courses", method, f"admin/recordings{path}", user=student, body={"parts": [], "title": "x"}
        )
        assert answer.status in (403, 422), (method, path)
    answer = studio.platform.request("admin_courses", "GET", "admin/recordings", user=student)
    assert (answer.status, answer.body["code"]) == (403, "forbidden")
