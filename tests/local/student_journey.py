"""What a team might write with the Python client; test_clients.py runs it against the stack.

python -m student_journey <base url> <Razorpay's url> <token> <administrator's token> <paid course> <live course>
"""

# pyright: reportMissingImports=false
import sys
import time
from uuid import UUID, uuid4

import httpx
from crash_course_client import AuthenticatedClient, Client
from crash_course_client.api.admin_reports import admin_show_report
from crash_course_client.api.certificates import generate, verify_or_list
from crash_course_client.api.events import get_event, list_events
from crash_course_client.api.notifications import list_notifications
from crash_course_client.api.payments import get_receipt, list_payments, verify_payment
from crash_course_client.api.registrations import list_registrations, register
from crash_course_client.api.sessions import move
from crash_course_client.models import (
    AdminShowReportType,
    AttendanceAnswer,
    CertificateAnswer,
    CertificateList,
    CertificateRequest,
    CheckIn,
    CheckOut,
    CheckoutResult,
    EventAnswer,
    EventList,
    GatewayMessage,
    InboxOut,
    MoveAction,
    PaymentList,
    Problem,
    ReceiptAnswer,
    RegistrationAnswer,
    RegistrationRequest,
    RevenueReport,
    Verification,
    VerifyPaymentAnswer,
)

base_url, razorpay_url, token, admin_token = sys.argv[1:5]
paid_course, live_course = map(UUID, sys.argv[5:])
json = {"Accept": "application/json"}
anybody = Client(base_url, headers=json)
student = AuthenticatedClient(base_url, token, headers=json | {"X-Device-Id": str(uuid4())})

courses = list_events.sync(client=anybody)
assert isinstance(courses, EventList)
assert paid_course in [each.id for each in courses.events]
course = get_event.sync(paid_course, client=anybody)
assert isinstance(course, EventAnswer)
assert course.event.starts_at.tzinfo
missing = get_event.sync_detailed(uuid4(), client=anybody)
assert missing.status_code == 404
assert isinstance(missing.parsed, Problem)
assert missing.parsed.code == "not_found"

ordered = register.sync(client=student, body=RegistrationRequest(event_id=paid_course))
assert isinstance(ordered, RegistrationAnswer), ordered
assert ordered.order
assert ordered.order.amount == course.event.price_amount
again = register.sync(client=student, body=RegistrationRequest(event_id=paid_course))
assert isinstance(again, Problem)
assert again.code == "already_registered"
nobody = list_registrations.sync_detailed(client=AuthenticatedClient(base_url, "expired", headers=json))
assert nobody.status_code == 401
assert isinstance(nobody.parsed, GatewayMessage), nobody

paid = httpx.post(f"{razorpay_url}/checkout/{ordered.order.id}/pay").json()
verified = verify_payment.sync(ordered.registration.id, client=student, body=CheckoutResult.from_dict(paid))
assert isinstance(verified, VerifyPaymentAnswer)
assert verified.registration.status == "confirmed"

payments = list_payments.sync(client=student)
assert isinstance(payments, PaymentList)
assert [(each.status, each.amount) for each in payments.payments] == [("success", course.event.price_amount)]
receipt = get_receipt.sync(payments.payments[0].id, client=student)
assert isinstance(receipt, ReceiptAnswer)
assert receipt.receipt.amount == course.event.price_amount


def inbox() -> int:
    answer = list_notifications.sync(client=student)
    assert isinstance(answer, InboxOut)
    return len(answer.notifications)


while not inbox():
    time.sleep(0.1)

seat = register.sync(client=student, body=RegistrationRequest(event_id=live_course))
assert isinstance(seat, RegistrationAnswer), seat
stay = move.sync(
    client=student,
    action=MoveAction.CHECKIN,
    body=CheckIn(registration_id=seat.registration.id, event_id=live_course),
)
assert isinstance(stay, AttendanceAnswer), stay
left = move.sync(client=student, action=MoveAction.CHECKOUT, body=CheckOut(attendance_id=stay.attendance.id))
assert isinstance(left, AttendanceAnswer), left
print("attended", flush=True)  # noqa: T201
sys.stdin.readline()  # the course is over
issued = generate.sync(client=student, body=CertificateRequest(registration_id=seat.registration.id))
assert isinstance(issued, CertificateAnswer), issued
found = verify_or_list.sync(client=anybody, token=issued.certificate.verification_token)
assert isinstance(found, Verification)
assert found.integrity.intact
assert found.certificate
own = verify_or_list.sync(client=student)
assert isinstance(own, CertificateList)
assert len(own.certificates) == 1

administrator = AuthenticatedClient(base_url, admin_token, headers=json)
report = admin_show_report.sync(client=administrator, type_=AdminShowReportType.REVENUE)
assert isinstance(report, RevenueReport)
assert any(each.gross >= course.event.price_amount for each in report.totals)
print(f"certified for {found.certificate.course_title}")  # noqa: T201
