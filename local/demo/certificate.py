"""The certificate: the course ends, the student asks for it, and anybody can verify it."""

import psycopg
import requests

from local.demo.journey import Journey, expect


def end_course(journey: Journey) -> str:
    """waits for the course to end (the demo moves the course's dates three hours back)"""
    event = journey.live["event"]["id"]
    with psycopg.connect(journey.stack.database_url) as connection:
        connection.execute(
            """
            update events set starts_at = starts_at - interval '3 hours', ends_at = ends_at - interval '3 hours'
            where id = %s
            """,
            (event,),
        )
    fired = requests.post(f"{journey.stack.base_url}/_local/schedules/update-event-status", timeout=40)
    expect(fired.ok, f"the schedule was answered {fired.status_code} {fired.text[:300]}")
    status = journey.call("GET", f"events/{event}")["event"]["status"]
    expect(status == "completed", f"the course is {status}")
    return f"the schedule update-event-status says it is {status}"


def ask_for_certificate(journey: Journey) -> str:
    """asks for the certificate, twice by mistake"""
    body = {"registrationId": journey.live["registration"]["id"]}
    certificate = journey.call("POST", "generate-certificate", body, status=201)["certificate"]
    again = journey.call("POST", "generate-certificate", body)["certificate"]
    number = certificate["certificateNumber"]
    expect(again["certificateNumber"] == number, "asking again made another certificate")
    printed = requests.get(certificate["pdfUrl"], timeout=40)
    expect(printed.content.startswith(b"%PDF-"), f"the file was answered {printed.status_code} {printed.text[:100]}")
    journey.live["certificate"] = certificate
    return f"{number} for {certificate['recipientName']}, a PDF of {len(printed.content)} bytes"


def verify_certificate(journey: Journey) -> str:
    """lets somebody without an account verify it"""
    token = journey.live["certificate"]["verificationToken"]
    url = f"{journey.stack.base_url}/functions/v1/generate-certificate"
    answer = requests.get(url, params={"token": token}, timeout=40).json()
    expect(answer["valid"] and answer["integrity"]["intact"], f"the answer is {answer}")
    unknown = requests.get(url, params={"token": token[::-1]}, timeout=40)
    expect(unknown.status_code == 404, f"a made-up token was answered {unknown.status_code}")
    return f"{answer['status']}, intact; a made-up token is unknown; {url}?token={token}"


STEPS = (end_course, ask_for_certificate, verify_certificate)
