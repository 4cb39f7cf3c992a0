"""Who gets a certificate, that it is one, and that its number is nobody else's."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import errors

from functions.generate_certificate import service as generating
from shared import db
from shared.actors import SERVICE, service_for
from shared.certificates import files, queries, service
from shared.certificates.certificate_numbers import certificate_number, is_certificate_number
from shared.certificates.models import CertificateDraft
from shared.certificates.service import Printed
from shared.errors import Unavailable
from shared.metrics import Metric
from tests.certificates.certificate_platform import NOW, Platform
from tests.database.locks import EXCLUSIVE_LOCKS, SHARED_LOCKS
from tests.deployed import Context
from tests.issuer import Issuer
from tests.log import Log


def test_a_graduate_gets_a_certificate_once(platform: Platform) -> None:
    student, registration = platform.graduate()
    first, second = platform.generate(student, registration), platform.generate(student, registration)
    assert (first.status, second.status) == (201, 200)
    mine = first.body["certificate"]
    assert {name: mine[name] for name in ("id", "certificateNumber", "verificationToken", "blockchainHash")} == {
        name: second.body["certificate"][name]
        for name in ("id", "certificateNumber", "verificationToken", "blockchainHash")
    }
    assert is_certificate_number(mine["certificateNumber"])
    assert len(mine["verificationToken"]) * 6 >= 128
    assert "/certificates/" in mine["pdfUrl"]
    assert "X-Amz-Signature" in mine["pdfUrl"]


def test_the_student_is_told_once_by_mail_and_in_the_app(platform: Platform) -> None:
    student, registration = platform.graduate()
    for _ in range(3):
        platform.generate(student, registration)
    rows = platform.deployed.rows("select type, template, data from notifications_queue where user_id = %s", student)
    assert sorted((row["type"], row["template"]) for row in rows) == [
        ("email", "certificate_issued"),
        ("in_app", "certificate_issued"),
    ]
    assert rows[0]["data"].keys() == {"eventTitle", "certificateNumber", "verifyUrl"}


@pytest.mark.parametrize(
    ("event", "registration", "profile", "reason"),
    [
        ({"status": "ongoing"}, {}, "Asha Rao", "event_not_completed"),
        ({}, {"status": "pending", "payment_status": "pending"}, "Asha Rao", "payment"),
        ({}, {"payment_status": "refunded"}, "Asha Rao", "payment"),
        ({}, {"status": "cancelled", "cancelled_at": NOW}, "Asha Rao", "registration"),
        ({"minimum_attendance_minutes": 60}, {}, "Asha Rao", "attendance"),
        ({}, {}, "  \u200b ", "name"),
        ({}, {}, "陳大文", "name"),
    ],
)
def test_who_is_not_due_is_told_why(
    platform: Platform, event: dict[str, Any], registration: dict[str, Any], profile: str, reason: str
) -> None:
    hold = {"hold_expires_at": NOW} if registration.get("status") == "pending" else {}
    student, registration_id = platform.graduate(profile, platform.completed_event(**event), **registration, **hold)
    answer = platform.generate(student, registration_id)
    assert (answer.status, answer.body["code"]) == (409, "certificate_not_due")
    assert answer.body["detail"].endswith(f"({reason})")
    assert platform.run_job()["issued"] == 0
    assert platform.deployed.row("select count(*) from certificate_drafts")["count"] == 0


def test_free_registrations_are_certified_too(platform: Platform) -> None:
    assert platform.generate(*platform.graduate(payment_status="free")).status == 201


@pytest.mark.parametrize(
    ("stays", "minutes"),
    [
        ([(0, 60), (30, 90)], 90),
        ([(0, 10), (20, 30)], 20),
        ([(-30, 200)], 120),
        ([(100, None)], 20),
        ([(150, 170)], 0),
        ([(10, 10)], 0),
    ],
)
def test_minutes_are_merged_and_clipped_to_the_session(
    platform: Platform, stays: list[tuple[int, int | None]], minutes: int
) -> None:
    student, registration = platform.graduate(
        event_id=platform.completed_event(minimum_attendance_minutes=max(minutes, 1))
    )
    platform.attend(registration, *stays)
    answer = platform.generate(student, registration)
    assert answer.status == (201 if minutes else 409)
    if minutes:
        assert answer.body["certificate"]["attendedMinutes"] == minutes
        kept = platform.deployed.row("select rule_version, eligibility from certificates")
        assert kept["rule_version"] == 1
        assert kept["eligibility"]["attendedMinutes"] == minutes


def test_somebody_elses_registration_looks_like_none(platform: Platform) -> None:
    _, registration = platform.graduate()
    stranger = platform.deployed.profile()
    answers = [platform.generate(stranger, each) for each in (registration, uuid4())]
    assert [answer.status for answer in answers] == [404, 404]
    assert len({str(answer.body | {"requestId": ""}) for answer in answers}) == 1


def test_fifty_requests_at_once_and_the_job_issue_one_certificate(platform: Platform) -> None:
    student, registration = platform.graduate()

    def ask(number: int) -> bool:
        while True:
            try:
                return (
                    bool(platform.run_job()["issued"]) if number == 0 else generating.issue(student, registration, NOW)
                )
            except Unavailable:  # fifty printers on one processor starve whoever has the lock; a client asks again too
                continue

    outcomes = platform.deployed.at_once(ask, range(51), threads=51)
    assert sum(outcomes) == 1
    rows = platform.deployed.rows("select verification_token, pdf_key, pdf_hash, content from certificates")
    assert len(rows) == 1
    assert platform.deployed.row("select count(*) from notifications_queue")["count"] == 2
    assert platform.deployed.row("select count(*) from certificate_drafts")["count"] == 0


def test_without_the_lock_they_would_not(platform: Platform) -> None:
    """The negative control of the test above: the lock that numbers certificates locks nothing."""
    platform.deployed.looking.execute(SHARED_LOCKS)

    def one_is_refused(_: int) -> bool:
        """Whether two of twenty that ask at once for one certificate have collided; they need not every time."""
        student, registration = platform.graduate()

        def ask(_: int) -> bool:
            try:
                generating.issue(student, registration, NOW)
            except errors.UniqueViolation:
                return True
            return False

        return any(platform.deployed.at_once(ask, range(20), threads=20))

    try:
        assert any(map(one_is_refused, range(30)))
    finally:
        platform.deployed.looking.execute(EXCLUSIVE_LOCKS)


@pytest.mark.parametrize("count", [1_500, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_of_numbers_are_unique_and_without_a_gap(platform: Platform, count: int) -> None:
    numbers = [each.certificate_number for each in platform.issue_many(count)]
    assert sorted(numbers) == [certificate_number(2026, serial) for serial in range(1, count + 1)]
    assert all(map(is_certificate_number, numbers))


def test_a_number_with_one_wrong_character_or_two_swapped_is_noticed() -> None:
    number = certificate_number(2026, 123456)
    wrong = [
        number[:place] + other + number[place + 1 :]
        for place in [*range(3, 7), *range(8, 14)]
        for other in "0123456789"
        if other != number[place]
    ]
    swapped = [
        number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        for place in [3, 4, 5, *range(8, 13)]
        if number[place] != number[place + 1]
    ]
    assert not any(map(is_certificate_number, [*wrong, *swapped, number.lower(), f" {number}"]))
    assert is_certificate_number(number)


def test_the_year_of_a_number_is_that_of_the_course(platform: Platform) -> None:
    platform.graduate(event_id=platform.completed_event(time_zone="Asia/Kolkata"))
    new_year = datetime(2026, 12, 31, 19, tzinfo=UTC)
    generating.issue_due(new_year, lambda: True)
    assert platform.deployed.row("select certificate_number, content from certificates")[
        "certificate_number"
    ] == certificate_number(2027, 1)


def reserved(platform: Platform) -> CertificateDraft:
    student, registration = platform.graduate()
    with db.transaction(service_for(student)) as conn:
        return service.reserve(conn, queries.find_facts(conn, [registration]), NOW)[0]


def crash_before_printing(draft: CertificateDraft) -> Printed | None:
    return None


def crash_before_issuing(draft: CertificateDraft) -> Printed:
    return files.store(draft)


@pytest.mark.parametrize("crash", [crash_before_printing, crash_before_issuing])
def test_after_a_crash_the_next_run_goes_on_under_the_same_number(
    platform: Platform, crash: Callable[[CertificateDraft], Printed | None]
) -> None:
    draft = reserved(platform)
    before = crash(draft)
    assert platform.run_job()["issued"] == 1
    row = platform.deployed.row("select * from certificates")
    assert (row["id"], row["certificate_number"], row["pdf_key"]) == (draft.id, draft.certificate_number, draft.pdf_key)
    assert platform.stored_pdf(draft.id).startswith(b"%PDF-")
    assert before is None or before[1] == row["pdf_hash"]


def test_what_was_printed_under_an_old_name_is_not_issued(platform: Platform) -> None:
    draft = reserved(platform)
    printed = files.store(draft)
    platform.deployed.rows("update profiles set full_name = 'Asha S. Rao' where id = %s", draft.user_id)
    assert generating.issue(draft.user_id, draft.registration_id, NOW)
    with db.transaction(SERVICE) as conn:
        assert service.append(conn, [printed]) == []
    assert "Asha S. Rao" in platform.deployed.row("select content from certificates")["content"]


def test_what_was_refunded_while_it_was_printed_is_not_issued(platform: Platform) -> None:
    draft = reserved(platform)
    printed = files.store(draft)
    platform.deployed.rows("update registrations set payment_status = 'refunded'")
    with db.transaction(SERVICE) as conn:
        assert service.append(conn, [printed]) == []
    assert platform.deployed.rows("select 1 from certificates") == []


def test_the_job_stops_in_time_and_the_next_run_goes_on(platform: Platform) -> None:
    event = platform.completed_event()
    for _ in range(3):
        platform.graduate(event_id=event)
    assert platform.run_job(Context(10_000)) == {"success": True, "issued": 0, "signedTreeSize": None}
    assert platform.run_job() == {"success": True, "issued": 3, "signedTreeSize": 3}
    assert platform.run_job() == {"success": True, "issued": 0, "signedTreeSize": None}


@dataclass
class Invocation(Context):
    """One that Lambda ends after `seconds` of real time."""

    seconds: int = 900
    began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self.began + self.seconds - time.monotonic()))


@pytest.mark.parametrize(
    ("due", "seconds"),
    [(60, 92), pytest.param(10_000, 900, marks=[pytest.mark.long, pytest.mark.timeout(7200)])],
)
def test_whatever_is_due_is_issued_within_the_time_of_invocations(platform: Platform, due: int, seconds: int) -> None:
    platform.graduates(due)
    issued: list[int] = []
    began = time.monotonic()
    while sum(issued) < due:
        invocation = Invocation(seconds=seconds)
        issued.append(platform.run_job(invocation)["issued"])
        assert invocation.get_remaining_time_in_millis() > 0
    rate = due / (time.monotonic() - began)
    logging.getLogger(__name__).info("%s by invocations of %d s, %.1f a second", issued, seconds, rate)
    assert platform.deployed.row("select count(distinct registration_id) as n from certificates")["n"] == due
    assert platform.deployed.row("select count(*) as n from certificate_drafts")["n"] == 0


def test_the_job_takes_pages_until_nothing_is_due(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    event = platform.completed_event()
    for _ in range(5):
        platform.graduate(event_id=event)
    monkeypatch.setattr(generating, "PAGE", 2)
    assert platform.run_job()["issued"] == 5


def test_only_a_users_own_token_lists_certificates(platform: Platform, issuer: Issuer) -> None:
    platform.deployed.set(TOKEN_JWKS_URL=issuer.jwks_url)
    student, registration = platform.graduate()
    mine = platform.generate(student, registration).body["certificate"]
    platform.certificate("Somebody Else")

    def listed(token: str | None) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return platform.deployed.request("generate_certificate", "GET", "generate-certificate", headers=headers)

    answer = listed(issuer.token(student))
    assert answer.status == 200
    assert [each["id"] for each in answer.body["certificates"]] == [mine["id"]]
    assert answer.body["certificates"][0]["event"]["title"] == "Rust in a day"
    forged = Issuer()
    expired = int((datetime.now(UTC) - timedelta(minutes=5)).timestamp())
    refused = [
        None,
        "x",
        forged.token(student),
        issuer.token(student, exp=expired),
        issuer.token(student, token_use="id"),
    ]
    assert {listed(token).status for token in refused} == {401}
    forged.close()
    assert listed(issuer.token(UUID(int=0))).body["certificates"] == []


def test_what_is_printed_counts_as_generated_and_what_is_not_as_attempted_only(platform: Platform, log: Log) -> None:
    platform.certificate()
    assert (log.total(Metric.CERTIFICATES_ATTEMPTED), log.total(Metric.CERTIFICATES_GENERATED)) == (1, 1)
    log.forget()
    platform.graduate()
    platform.graduate()
    platform.deployed.set(DOCUMENTS_BUCKET="gone")
    with pytest.raises(Unavailable):
        platform.run_job()
    assert (log.total(Metric.CERTIFICATES_ATTEMPTED), log.total(Metric.CERTIFICATES_GENERATED)) == (2, 0)
    log.forget()
    platform.deployed.set(DOCUMENTS_BUCKET="documents")
    platform.run_job()
    platform.run_job()
    assert (log.total(Metric.CERTIFICATES_ATTEMPTED), log.total(Metric.CERTIFICATES_GENERATED)) == (2, 2)


def test_a_reissued_certificate_counts_as_generated(platform: Platform, log: Log) -> None:
    certificate = platform.certificate()
    log.forget()
    answer = platform.admin(
        "POST", f"/{certificate['id']}/reissue", body={"recipientName": "Asha S. Rao", "reason": "name"}
    )
    assert answer.status == 201
    assert (log.total(Metric.CERTIFICATES_ATTEMPTED), log.total(Metric.CERTIFICATES_GENERATED)) == (1, 1)
