"""A course in session: its students, the requests they make, and a clock that the test moves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import time_machine

from tests.deployed import Answer, DeployedFunctions

START = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
"""A Tuesday, 19:00 in Kolkata."""
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Classroom:
    """One course of two hours from START, as the functions and its people see it."""

    platform: DeployedFunctions
    clock: time_machine.Traveller
    event_id: UUID

    def at(self, instant: datetime) -> None:
        """It is now this instant."""
        self.clock.move_to(instant)

    def student(self, **columns: object) -> tuple[UUID, UUID]:
        """A person with a paid seat; their id and their registration's."""
        user_id = self.platform.profile()
        return user_id, self.platform.confirmed(user_id, self.event_id, **columns)

    def students(self, count: int) -> list[tuple[UUID, UUID]]:
        people = [(uuid4(), uuid4()) for _ in range(count)]
        with self.platform.database.look() as conn, conn.cursor() as cursor:
            cursor.executemany(
                "insert into profiles (id, email, full_name) values (%s, %s, 'Asha Rao')",
                [(user_id, f"{user_id}@example.com") for user_id, _ in people],
            )
            cursor.executemany(
                "insert into registrations (id, user_id, event_id, status, payment_status, amount, currency,"
                " confirmed_at) values (%s, %s, %s, 'confirmed', 'completed', 49900, 'INR', '2026-01-01Z')",
                [(registration_id, user_id, self.event_id) for user_id, registration_id in people],
            )
        return people

    def check_in(self, user_id: UUID, registration_id: UUID, event_id: UUID | None = None) -> Answer:
        body = {"registrationId": str(registration_id), "eventId": str(event_id or self.event_id)}
        return self._post("checkin", user_id, body)

    def check_out(self, user_id: UUID, attendance_id: object) -> Answer:
        return self._post("checkout", user_id, {"attendanceId": str(attendance_id)})

    def history(self, user_id: UUID, **query: str) -> Answer:
        return self.platform.request(
            "session_management", "GET", "session-management", user=user_id, query={"action": "history"} | query
        )

    def attend(self, student: tuple[UUID, UUID], came: datetime, left: datetime) -> dict[str, Any]:
        """A stay from check-in to check-out."""
        self.at(came)
        stay = self.check_in(*student).body["attendance"]
        self.at(left)
        return self.check_out(student[0], stay["id"]).body["attendance"]

    def minutes(self, registration_id: UUID, at: datetime) -> int:
        """What counts for the certificate, as known at an instant."""
        row = self.platform.row("select private.attended_minutes(%s, %s) as minutes", registration_id, at)
        return row["minutes"]

    def update_status(self) -> dict[str, Any]:
        event = {"source": "schedule", "job": "update-event-status"}
        return self.platform.invoke("update_event_status", event)

    def status(self) -> str:
        return self.platform.row("select status from events where id = %s", self.event_id)["status"]

    def _post(self, action: str, user_id: UUID, body: dict[str, str]) -> Answer:
        return self.platform.request(
            "session_management", "POST", "session-management", user=user_id, query={"action": action}, body=body
        )
