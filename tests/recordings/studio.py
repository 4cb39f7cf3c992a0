"""What the tests of recordings arrange: uploads, S3's events, and the requests of students and administrators."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import requests

from tests.deployed import ENVIRONMENT, Answer, DeployedFunctions

MP4 = b"\x00\x00\x00\x20ftypisom" + b"\x00" * 2_000_000


@dataclass(frozen=True)
class Studio:
    platform: DeployedFunctions
    event_id: UUID
    admin_id: UUID

    def administer(self, method: str, path: str = "", **more: Any) -> Answer:
        return self.platform.request(
            "admin_courses", method, f"admin/recordings{path}", user=self.admin_id, groups=("admin",), **more
        )

    def create(self, size: int = len(MP4), **more: object) -> Answer:
        body = {"eventId": str(self.event_id), "title": "Day one", "fileSizeBytes": size} | more
        return self.administer("POST", body=body)

    def complete(self, recording_id: str, *etags: str) -> Answer:
        parts = [{"partNumber": number, "etag": etag} for number, etag in enumerate(etags, 1)]
        return self.administer("POST", f"/{recording_id}/complete", body={"parts": parts})

    def upload(self, answer: Answer, content: bytes = MP4) -> str:
        """PUT the file to the link of its only part, as a browser does; S3's etag."""
        sent = requests.put(answer.body["upload"]["parts"][0]["url"], data=content, timeout=10)
        assert sent.status_code == 200, sent.text
        return sent.headers["etag"]

    def tell_of_arrival(self, recording_id: str) -> dict[str, Any]:
        """S3's event about the file that the recording waits for."""
        url = self.platform.row("select video_url from session_recordings where id = %s", recording_id)["video_url"]
        bucket, _, key = url.removeprefix("s3://").partition("/")
        return self.tell_of(bucket, key)

    def tell_of(self, bucket: str, key: str) -> dict[str, Any]:
        detail = {"version": "0", "bucket": {"name": bucket}, "object": {"key": key, "size": 1, "etag": "e"}}
        event = {"version": "0", "source": "aws.s3", "detail-type": "Object Created", "detail": detail}
        return self.platform.invoke("recording_uploads", event)

    def recording(self, content: bytes = MP4, **more: object) -> str:
        """Created, uploaded, completed and processed; its id."""
        answer = self.create(len(content), **more)
        recording_id = answer.body["recording"]["id"]
        self.complete(recording_id, self.upload(answer, content))
        self.tell_of_arrival(recording_id)
        return recording_id

    def state(self, recording_id: str) -> dict[str, Any]:
        return self.platform.row(
            "select processing_status as status, failure_reason as reason from session_recordings where id = %s",
            recording_id,
        )

    def student(self, **columns: object) -> UUID:
        user_id = self.platform.profile()
        self.platform.confirmed(user_id, self.event_id, **columns)
        return user_id

    def watch(self, method: str, path: str, user_id: UUID, **more: Any) -> Answer:
        return self.platform.request("recordings", method, f"recordings{path}", user=user_id, **more)

    def list(self, user_id: UUID, event_id: UUID | None = None) -> Answer:
        return self.watch("GET", "", user_id, query={"eventId": str(event_id or self.event_id)})

    def play(self, user_id: UUID, recording_id: object) -> Answer:
        return self.watch("GET", f"/{recording_id}/playback", user_id)

    def keep_position(self, user_id: UUID, recording_id: object, seconds: int) -> Answer:
        return self.watch("PUT", f"/{recording_id}/position", user_id, body={"positionSeconds": seconds})


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def unknown() -> UUID:
    return uuid4()


BUCKET = ENVIRONMENT["RECORDINGS_BUCKET"]
