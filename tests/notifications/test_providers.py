"""What is asked of SES, SNS, SendGrid and Twilio, and how their refusals are understood."""

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from functions.send_notifications.messages import rendered
from functions.send_notifications.models import (
    Attachment,
    CalendarPart,
    DeliveryError,
    Mail,
    ProviderBusy,
    ProviderFailed,
    ProviderRefused,
    ProviderTimedOut,
    Sms,
)
from functions.send_notifications.providers import https, sendgrid, ses, sns, twilio
from functions.send_notifications.senders import send_mail
from shared.config import settings
from shared.notifications import unsubscribing
from tests.notifications.notification_platform import Environment, claimed_mail

MAIL = Mail(
    notification_id=UUID(int=1),
    sender=("Crash Course", "courses@example.com"),
    reply_to="help@example.com",
    to="asha@example.com",
    subject="Subject",
    text="Text",
    html="<p>Text</p>",
    headers={"List-Unsubscribe": "<https://x>"},
)
SMS = Sms(UUID(int=1), "+919876543210", "Paid", "1107160000000012345", promotional=False)


class Service(BaseHTTPRequestHandler):
    """Answers as it is told, keeps what it is asked."""

    answer: ClassVar[tuple[int, dict[str, str], bytes]] = (202, {}, b"")
    asked: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []
    silent: ClassVar[threading.Event | None] = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Service.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if Service.silent:
            Service.silent.wait(10)
            return
        status, headers, content = Service.answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def service(environment: Environment) -> Iterator[type[Service]]:
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    Service.answer, Service.asked, Service.silent = (202, {"X-Message-Id": "sg-1"}, b""), [], None
    environment.set(sendgrid_base_url=url, twilio_base_url=url, twilio_from="+15005550006")
    yield Service
    if Service.silent:
        Service.silent.set()
    server.shutdown()
    thread.join()
    server.server_close()


ENTRY = CalendarPart("REQUEST", "BEGIN:VCALENDAR\r\nSUMMARY:रस्ट\r\nEND:VCALENDAR\r\n".encode())
INVITING = replace(
    MAIL, calendar=ENTRY, attachments=(Attachment("session.ics", "application/ics", ENTRY.content),), subject="रस्ट"
)


def test_a_mail_with_a_calendar_part_is_made_here_as_mail_clients_read_it() -> None:
    message = email.message_from_bytes(ses.content(INVITING)["Raw"]["Data"], policy=email.policy.default)
    assert (message["From"], message["Reply-To"]) == ("Crash Course <courses@example.com>", "help@example.com")
    assert (message["To"], message["Subject"]) == ("asha@example.com", "रस्ट")
    assert message["List-Unsubscribe"] == "<https://x>"
    alternative, file = message.iter_parts()
    parts = list(alternative.iter_parts())
    assert [each.get_content_type() for each in parts] == ["text/plain", "text/html", "text/calendar"]
    assert parts[2].get_param("method") == "REQUEST"
    assert parts[2].get_payload(decode=True) == ENTRY.content
    assert (file.get_filename(), file.get_payload(decode=True)) == ("session.ics", ENTRY.content)


def test_another_mail_is_left_to_ses() -> None:
    assert list(ses.content(MAIL)) == ["Simple"]


def test_sendgrid_gets_the_calendar_part_as_a_third_body(service: type[Service]) -> None:
    sendgrid.send(INVITING)
    [(_, _, body)] = service.asked
    asked = json.loads(body)
    assert [each["type"] for each in asked["content"]] == ["text/plain", "text/html", "text/calendar"]
    assert asked["from"] == {"email": "courses@example.com", "name": "Crash Course"}
    assert asked["reply_to"] == {"email": "help@example.com"}


def test_sendgrid_is_asked_for_one_recipient_with_both_bodies_and_the_headers(service: type[Service]) -> None:
    assert sendgrid.send(MAIL) == "sg-1"
    [(path, headers, body)] = service.asked
    assert (path, headers["authorization"]) == ("/v3/mail/send", "Bearer SG.test")
    asked = json.loads(body)
    assert asked["personalizations"] == [{"to": [{"email": "asha@example.com"}]}]
    assert [each["type"] for each in asked["content"]] == ["text/plain", "text/html"]
    assert asked["headers"] == MAIL.headers


def test_twilio_is_asked_with_the_account_and_answers_with_its_sid(service: type[Service]) -> None:
    service.answer = (201, {}, b'{"sid": "SM1", "code": null}')
    assert twilio.send(SMS) == "SM1"
    [(path, headers, body)] = service.asked
    assert path == "/2010-04-01/Accounts/AC0/Messages.json"
    assert headers["authorization"] == https.basic("AC0", "token")
    assert parse_qs(body.decode()) == {"To": ["+919876543210"], "From": ["+15005550006"], "Body": ["Paid"]}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderRefused),
        (413, ProviderRefused),
        (401, ProviderFailed),
        (403, ProviderFailed),
        (429, ProviderBusy),
        (500, ProviderFailed),
        (503, ProviderFailed),
        (302, ProviderFailed),
    ],
)
def test_sendgrids_refusals(service: type[Service], status: int, error: type[DeliveryError]) -> None:
    service.answer = (status, {"Location": "https://evil.example.com"}, b"{}")
    with pytest.raises(error) as caught:
        sendgrid.send(MAIL)
    assert type(caught.value) is error
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, 21211, ProviderRefused),
        (400, 21610, ProviderRefused),
        (400, 21999, ProviderFailed),
        (401, 20003, ProviderFailed),
        (429, 20429, ProviderBusy),
        (500, None, ProviderFailed),
    ],
)
def test_twilios_refusals(service: type[Service], status: int, code: int | None, error: type[DeliveryError]) -> None:
    service.answer = (status, {}, json.dumps({"code": code}).encode())
    with pytest.raises(error) as caught:
        twilio.send(SMS)
    assert type(caught.value) is error


NO_ANSWERS = [b"", b"<html>", b"[]", b"\xff"]


@pytest.mark.parametrize("content", NO_ANSWERS)
def test_an_answer_that_is_no_json_is_a_failure_of_that_attempt_only(service: type[Service], content: bytes) -> None:
    service.answer = (502, {}, content)
    with pytest.raises(ProviderFailed):
        twilio.send(SMS)


@pytest.mark.parametrize("content", NO_ANSWERS)
@pytest.mark.parametrize("status", [200, 400, 502])
def test_so_is_one_that_botocore_cannot_read(
    environment: Environment, service: type[Service], status: int, content: bytes
) -> None:
    service.answer = (status, {}, content)
    environment.set(aws_endpoint_url=settings().twilio_base_url)
    for send in (lambda: ses.send(MAIL), lambda: sns.send(SMS)):
        with pytest.raises(ProviderFailed):
            send()
    environment.set(aws_endpoint_url=environment.moto_url)


def test_a_provider_that_never_answers_costs_its_time_limit_and_one_attempt(
    service: type[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "TIMEOUT_SECONDS", 0.2)
    service.silent = threading.Event()
    with pytest.raises(ProviderTimedOut):
        sendgrid.send(MAIL)
    service.silent.set()


def test_a_provider_that_is_not_there_costs_no_attempt(environment: Environment) -> None:
    environment.set(sendgrid_base_url="http://127.0.0.1:9")
    with pytest.raises(ProviderBusy):
        sendgrid.send(MAIL)
    environment.set(aws_endpoint_url="http://127.0.0.1:9")
    for send in (lambda: ses.send(MAIL), lambda: sns.send(SMS)):
        with pytest.raises(ProviderBusy):
            send()
    environment.set(aws_endpoint_url=environment.moto_url)


def test_an_sms_by_sns_carries_its_dlt_ids(environment: Environment) -> None:
    environment.set(
        sms_sender_id="CRASHC", sms_entity_id="1101", sms_template_ids="payment_success=1107,seat_offered=1108"
    )
    attributes = {name: each["StringValue"] for name, each in sns.attributes(SMS).items()}
    assert attributes == {
        "AWS.SNS.SMS.SMSType": "Transactional",
        "AWS.SNS.SMS.SenderID": "CRASHC",
        "AWS.MM.SMS.EntityId": "1101",
        "AWS.MM.SMS.TemplateId": "1107160000000012345",
    }


def test_ses_refuses_an_unverified_sender_for_good(environment: Environment) -> None:
    for mail in (MAIL, INVITING):
        with pytest.raises(ProviderRefused):
            ses.send(replace(mail, sender=("Nobody", "nobody@unverified.example.com")))


def test_marketing_mail_carries_one_click_unsubscription_and_other_mail_does_not(
    environment: Environment, service: type[Service]
) -> None:
    environment.set(email_provider="sendgrid")
    user_id = UUID(int=7)
    for channel in ("marketing", "transactional"):
        claimed = claimed_mail(user_id, channel)
        send_mail(claimed, rendered(claimed))
    marketing, other = [json.loads(body) for _, _, body in service.asked]
    url = unsubscribing.url(user_id)
    assert marketing["headers"] == {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert all(url in each["value"] for each in marketing["content"])
    assert other["headers"] == {}
    assert unsubscribing.PATH not in str(other)
