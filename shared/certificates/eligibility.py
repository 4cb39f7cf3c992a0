"""Who is due a certificate, why not, and what the certificate then says."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from shared import clock
from shared.certificates.models import CertificateContent, EligibilityFacts
from shared.printing.scripts import can_print, printable

RULE_VERSION = 1
"""Raise it with every change of `reason_not_due`: each certificate keeps the version it was issued by."""

Reason = Literal["registration", "event_not_completed", "payment", "attendance", "name"]
SENTENCES: dict[Reason, str] = {
    "registration": "The registration is not confirmed.",
    "event_not_completed": "The course is not completed yet.",
    "payment": "The course is not paid.",
    "attendance": "The course asks for more attendance than was recorded.",
    "name": "Your profile has no name that a certificate can show; correct it and ask again.",
}


def reason_not_due(facts: EligibilityFacts) -> Reason | None:
    """The first thing that stands against a certificate, None when it is due."""
    if facts.event_status != "completed":
        return "event_not_completed"
    if facts.payment_status not in ("completed", "free"):
        return "payment"
    if facts.registration_status != "confirmed":
        return "registration"
    if facts.attended_minutes < facts.minimum_attendance_minutes:
        return "attendance"
    name = printable(facts.full_name)
    return None if name and can_print(name) and can_print(printable(facts.event_title)) else "name"


def evidence(facts: EligibilityFacts) -> dict[str, Any]:
    """The facts that justify a certificate, as they are kept beside it."""
    return {
        "registrationStatus": facts.registration_status,
        "paymentStatus": facts.payment_status,
        "eventStatus": facts.event_status,
        "attendedMinutes": facts.attended_minutes,
        "minimumAttendanceMinutes": facts.minimum_attendance_minutes,
    }


def content_of(facts: EligibilityFacts, number: str, issued_at: datetime, issuer: str) -> CertificateContent:
    return CertificateContent(
        number=number,
        recipient=printable(facts.full_name),
        course=printable(facts.event_title),
        starts_on=clock.in_zone(facts.starts_at, facts.time_zone).date(),
        ends_on=clock.in_zone(facts.ends_at, facts.time_zone).date(),
        attended_minutes=facts.attended_minutes,
        issued_on=clock.in_zone(issued_at, facts.time_zone).date(),
        issuer=issuer,
    )


def corrected(
    content: CertificateContent, *, number: str, recipient: str, issued_at: datetime, time_zone: str
) -> CertificateContent:
    """The same content under another name and number."""
    issued_on = clock.in_zone(issued_at, time_zone).date()
    return replace(content, number=number, recipient=recipient, issued_on=issued_on)
