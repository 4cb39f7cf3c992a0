"""A full course: waiting for a seat, and being told over every way the moment there is one."""

import base64
import json
from datetime import UTC, datetime, timedelta

from websockets.sync.client import connect

from local.demo.journey import Journey, eventually, expect


def find_it_full(journey: Journey) -> str:
    """wants a free course whose only seat is taken"""
    start = datetime.now(UTC) + timedelta(days=3)
    course = {"title": "Code review, one to one", "category": "technical", "capacity": 1}
    times = {"startsAt": start.isoformat(), "endsAt": (start + timedelta(hours=2)).isoformat()}
    event = journey.administer("POST", "events", course | times, status=201)["event"]
    journey.queue["event"] = journey.administer("POST", f"events/{event['id']}/publish")["event"]
    wanted = {"eventId": event["id"]}
    other = journey.stack.users["student2"].token
    journey.queue["seat"] = journey.call("POST", "registrations", wanted, status=201, token=other)["registration"]
    refusal = journey.call("POST", "registrations", wanted, status=409)
    expect(refusal["code"] == "event_full", f"registering was refused with {refusal}")
    return f"{event['title']}: {refusal['detail']}"


def queue_up(journey: Journey) -> str:
    """joins the queue for it"""
    entry = journey.call("POST", "waitlist", {"eventId": journey.queue["event"]["id"]}, status=201)["entry"]
    expect(entry["position"] == 1, f"the place is {entry}")
    journey.queue["entry"] = entry
    return f"place {entry['position']}"


def get_pushed(journey: Journey) -> str:
    """has the app open when the other student cancels, and sees the offer come in"""
    with connect(f"{journey.stack.web_socket_url}?token={journey.token}") as socket:
        other = journey.stack.users["student2"].token
        journey.call("POST", f"registrations/{journey.queue['seat']['id']}/cancel", token=other)
        pushed = json.loads(socket.recv(timeout=60))
        while (
            journey.queue["event"]["title"] not in pushed["notification"]["title"] + pushed["notification"]["message"]
        ):
            pushed = json.loads(socket.recv(timeout=60))
    return f"pushed: “{pushed['notification']['title']}”"


def read_sms(journey: Journey) -> str:
    """gets it as an SMS too"""
    title = journey.queue["event"]["title"]
    text = eventually(lambda: next((each for each in journey.texts() if title in each["text"]), None), "no SMS")
    return f"“{text['text']}” to {text['to']}"


def claim(journey: Journey) -> str:
    """takes the seat"""
    answer = journey.call("POST", f"waitlist/{journey.queue['entry']['id']}/claim")
    status = answer["registration"]["status"]
    expect(status == "confirmed", f"the registration is {status}")
    return status


def see_it_moved(journey: Journey) -> str:
    """is told when the course moves, with a new entry for the calendar"""
    event = journey.queue["event"]
    times = {name: _an_hour_later(event[name]) for name in ("startsAt", "endsAt")}
    journey.administer("PATCH", f"events/{event['id']}", times)
    mail = eventually(
        lambda: next((each for each in journey.mails() if each["attachments"] and "New time" in each["subject"]), None),
        "no such mail",
    )
    entry = base64.b64decode(mail["attachments"][0]["content"]).decode()
    expect("SEQUENCE:1\r\n" in entry, f"the calendar entry is {entry}")
    return f"“{mail['subject']}” with {mail['attachments'][0]['fileName']}"


STEPS = (find_it_full, queue_up, get_pushed, read_sms, claim, see_it_moved)


def _an_hour_later(instant: str) -> str:
    return (datetime.fromisoformat(instant) + timedelta(hours=1)).isoformat()
