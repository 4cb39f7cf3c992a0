"""The receipt of what was paid, and a part of it that goes back, with its credit note."""

import re
import secrets

import requests

from local.demo.journey import Journey, Json, eventually, expect

PART = 10_000


def download_receipt(journey: Journey) -> str:
    """downloads the receipt"""
    payment = journey.call("GET", "payments")["payments"][0]
    receipt = _receipt(journey, payment)["receipt"]
    expect(re.fullmatch(r"RC/\d\d-\d\d/\d{6,}", receipt["number"]), f"its number is {receipt['number']}")
    expect(receipt["amount"] == payment["amount"], f"it says {receipt['amount']}, paid were {payment['amount']}")
    parts = [receipt[name] for name in ("taxableAmount", "cgst", "sgst", "igst")]
    expect(sum(parts) == receipt["amount"], f"its parts are {parts}")
    size = len(_pdf(journey, receipt["path"]))
    return f"{receipt['number']} of {receipt['amount']} paise, {sum(parts[1:])} of it GST, a PDF of {size} bytes"


def refund_part(journey: Journey) -> str:
    """gets ₹100.00 back from the administrator, who clicks twice"""
    payment = journey.call("GET", "payments")["payments"][0]
    body = {"paymentId": payment["id"], "amount": PART, "note": "The first hour had no sound"}
    key = {"Idempotency-Key": f"demo-{secrets.token_hex(8)}"}
    first = journey.administer("POST", "refunds", body, status=201, headers=key)["refund"]
    again = journey.administer("POST", "refunds", body, headers=key)["refund"]
    expect(first["id"] == again["id"], "the second click made another refund")
    fired = requests.post(f"{journey.stack.base_url}/_local/schedules/process-refunds", timeout=40)
    expect(fired.ok, f"the schedule was answered {fired.status_code} {fired.text[:300]}")
    refund = eventually(lambda: _processed(journey, first), "the refund was not processed")
    seat = journey.call("GET", f"registrations/{journey.registration['id']}")["registration"]
    expect(seat["status"] == "confirmed", f"the seat is {seat['status']}")
    return f"{refund['razorpayRefundId']} is {refund['status']}; the seat stays {seat['status']}"


def download_credit_note(journey: Journey) -> str:
    """downloads the credit note"""
    payment = journey.call("GET", "payments")["payments"][0]
    expect(payment["refundedAmount"] == PART, f"{payment['refundedAmount']} paise went back")
    (note,) = _receipt(journey, payment)["creditNotes"]
    expect(note["amount"] == PART, f"it says {note['amount']}")
    return f"{note['number']} of {note['amount']} paise, a PDF of {len(_pdf(journey, note['path']))} bytes"


STEPS = (download_receipt, refund_part, download_credit_note)


def _receipt(journey: Journey, payment: Json) -> Json:
    return journey.call("GET", f"payments/{payment['id']}/receipt", headers={"Accept": "application/json"})


def _pdf(journey: Journey, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {journey.token}", "Accept": "application/pdf"}
    answer = requests.get(f"{journey.stack.base_url}{path}", headers=headers, timeout=40)
    expect(answer.content.startswith(b"%PDF-"), f"{path} was answered {answer.status_code} {answer.text[:100]}")
    return answer.content


def _processed(journey: Journey, refund: Json) -> Json | None:
    found = journey.administer("GET", f"refunds/{refund['id']}")["refund"]
    return found if found["status"] == "processed" else None
