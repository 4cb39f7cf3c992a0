"""A live session: checking in, leaving, coming back, what the administrator sees, and the recording."""

from datetime import UTC, datetime, timedelta

import requests

from local.demo.journey import Journey, Json, eventually, expect

VIDEO = b"\x00\x00\x00\x20ftypisom" + bytes(100_000)
"""The beginning of an MP4 file, which is all that is looked at."""


def open_course(journey: Journey) -> str:
    """sees a free course announced that starts in ten minutes"""
    start = datetime.now(UTC) + timedelta(minutes=10)
    course = {"title": "Live: debugging together", "category": "technical", "capacity": 50}
    times = {"startsAt": start.isoformat(), "endsAt": (start + timedelta(hours=2)).isoformat()}
    event = journey.administer("POST", "events", course | times, status=201)["event"]
    journey.live["event"] = journey.administer("POST", f"events/{event['id']}/publish")["event"]
    return f"{event['title']}, {event['startsAt']}"


def take_seat(journey: Journey) -> str:
    """takes a seat"""
    answer = journey.call("POST", "registrations", {"eventId": journey.live["event"]["id"]}, status=201)
    journey.live["registration"] = answer["registration"]
    state = (answer["registration"]["status"], answer["registration"]["paymentStatus"])
    expect(state == ("confirmed", "free"), f"the registration is {state}")
    return "confirmed, free"


def check_in(journey: Journey) -> str:
    """checks in, twice by mistake"""
    first, again = _check_in(journey, 201), _check_in(journey, 200)
    expect(first == again, "checking in again began another stay")
    return f"one stay, since {first['checkInTime']}"


def check_out(journey: Journey) -> str:
    """leaves, twice by mistake"""
    first, again = _check_out(journey), _check_out(journey)
    expect(first == again, "leaving again changed the stay")
    return f"{first['durationMinutes']} minutes"


def come_back(journey: Journey) -> str:
    """comes back and leaves again"""
    before = journey.live["stay"]["id"]
    expect(_check_in(journey, 201)["id"] != before, "coming back went on with the old stay")
    return f"another stay, {_check_out(journey)['durationMinutes']} minutes"


def review_session(journey: Journey) -> str:
    """looks at the history"""
    history = journey.call("GET", "session-management?action=history")["history"]
    titles = {stay["event"]["title"] for stay in history}
    expect(len(history) == 2 and all(stay["checkOutTime"] for stay in history), f"the history is {history}")
    return f"{len(history)} stays in {', '.join(titles)}"


def report_attendance(journey: Journey) -> str:
    """is in the administrator's attendance report"""
    summary = journey.administer("GET", f"events/{journey.live['event']['id']}/attendance")["summary"]
    expect((summary["confirmed"], summary["joined"], summary["presentNow"]) == (1, 1, 0), f"it says {summary}")
    return f"{summary['joined']} of {summary['confirmed']} joined, {summary['presentNow']} present now"


def watch_recording(journey: Journey) -> str:
    """watches the recording that the administrator uploads"""
    new = {"eventId": journey.live["event"]["id"], "title": "The whole session", "fileSizeBytes": len(VIDEO)}
    created = journey.administer("POST", "recordings", new, status=201)
    sent = requests.put(created["upload"]["parts"][0]["url"], data=VIDEO, timeout=40)
    expect(sent.ok, f"the upload was answered {sent.status_code} {sent.text[:300]}")
    parts = {"parts": [{"partNumber": 1, "etag": sent.headers["etag"]}]}
    journey.administer("POST", f"recordings/{created['recording']['id']}/complete", parts)
    recording = eventually(lambda: _recording(journey), "the recording was not ready")
    playback = journey.call("GET", f"recordings/{recording['id']}/playback")
    watched = requests.get(playback["url"], timeout=40).content
    expect(watched == VIDEO, f"the link led to {watched[:100]!r}")
    journey.call("PUT", f"recordings/{recording['id']}/position", {"positionSeconds": 75})
    return f"{len(watched)} bytes by a link until {playback['expiresAt']}, position kept"


STEPS = (open_course, take_seat, check_in, check_out, come_back, review_session, report_attendance, watch_recording)


def _check_in(journey: Journey, status: int) -> Json:
    body = {"registrationId": journey.live["registration"]["id"], "eventId": journey.live["event"]["id"]}
    answer = journey.call("POST", "session-management?action=checkin", body, status=status)
    journey.live["stay"] = answer["attendance"]
    return answer["attendance"]


def _check_out(journey: Journey) -> Json:
    body = {"attendanceId": journey.live["stay"]["id"]}
    return journey.call("POST", "session-management?action=checkout", body)["attendance"]


def _recording(journey: Journey) -> Json | None:
    recordings = journey.call("GET", f"recordings?eventId={journey.live['event']['id']}")["recordings"]
    return next(iter(recordings), None)
