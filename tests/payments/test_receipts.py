"""Receipts: one per payment, serials without gaps after rollbacks, unchangeable, and visible only to their owner."""

import base64
import random
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from pypdf import PdfReader

from functions.issue_receipts import service as schedule
from local.razorpay.payloads import new_id
from shared import clock, db
from shared.actors import SERVICE, service_for
from shared.receipts import queries, service
from shared.receipts.models import Supplier
from tests.deployed import Answer, DeployedFunctions, access_token, http_event
from tests.kept import emptied, kept
from tests.webhook.deliveries import Purchase, buy, buy_many

__all__ = ["emptied", "kept"]
SEED = 20_261_125
GSTIN = "29AAGCB7383J1Z4"
SELLER = Supplier("Crash Course Academy", "99 Residency Road, Bengaluru", GSTIN, "999293")
ELSEWHERE = "27AAPFU0939F1ZV"


@pytest.fixture
def platform(emptied: DeployedFunctions) -> DeployedFunctions:
    emptied.mute_queue()
    emptied.set(SUPPLIER_NAME=SELLER.name, SUPPLIER_ADDRESS=SELLER.address, SUPPLIER_GSTIN=GSTIN)
    return emptied


@dataclass(frozen=True)
class StudentOrder:
    """A student's order, open or paid."""

    platform: DeployedFunctions
    purchase: Purchase
    user: UUID
    payment: UUID

    def captured(self) -> "StudentOrder":
        self.purchase.captured().deliver(self.platform)
        return self

    def get(self, what: str = "receipt", accept: str = "application/json", user: UUID | None = None) -> Answer:
        return self.platform.request(
            "registrations", "GET", f"payments/{self.payment}/{what}", user=user or self.user,
            headers={"Accept": accept},
        )  # fmt: skip

    def pdf(self, what: str = "receipt") -> bytes:
        answer = self.get(what, "application/pdf")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
        return base64.b64decode(answer.raw, validate=True)


def new_student_order(platform: DeployedFunctions) -> StudentOrder:
    purchase = buy(platform)
    row = platform.row("select id, user_id from payment_transactions where razorpay_order_id = %s", purchase.order_id)
    return StudentOrder(platform, purchase, row["user_id"], row["id"])


def text_of(pdf: bytes) -> str:
    return " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())


def serials(platform: DeployedFunctions, series: str = "RC") -> list[int]:
    rows = platform.rows("select serial from receipts where series = %s order by serial", series)
    return [row["serial"] for row in rows]


def test_a_payment_has_a_receipt_that_says_what_the_tax_is(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    answer = bought.get()
    assert answer.status == 200, answer
    receipt = answer.body["receipt"]
    assert (receipt["kind"], receipt["amount"], receipt["currency"]) == ("receipt", 49_900, "INR")
    assert (receipt["taxableAmount"], receipt["cgst"], receipt["sgst"], receipt["igst"]) == (42_288, 3_806, 3_806, 0)
    assert receipt["supplier"] == {"name": SELLER.name, "address": SELLER.address, "state": "29", "gstin": GSTIN}
    assert (receipt["placeOfSupply"], receipt["sac"], receipt["buyer"]["name"]) == ("29", "999293", "Asha Rao")
    assert answer.body["creditNotes"] == []
    text = text_of(bought.pdf())
    for part in ("Tax Invoice and Receipt", receipt["number"], GSTIN, "CGST 9%", "SGST 9%", "₹38.06", "₹422.88",
                 "₹499.00", "Rust in a day", "Karnataka (29)", "Rupees four hundred ninety-nine only"):  # fmt: skip
        assert part in text, part


def test_the_labels_are_in_the_payers_language_and_what_was_recorded_as_it_was(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    english = text_of(bought.pdf())
    platform.rows("update profiles set language = 'hi-IN'")
    hindi = text_of(bought.pdf())
    for part in ("₹499.00", "Rust in a day", GSTIN, bought.get().body["receipt"]["number"]):
        assert part in english
        assert part in hindi
    assert "Total paid" in english
    assert "Total paid" not in hindi
    assert re.search("[\u0900-\u097f]", hindi)


def test_asking_again_is_the_same_receipt_to_the_byte(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    assert bought.pdf() == bought.pdf()
    assert len(serials(platform)) == 1


def test_a_later_change_of_anything_changes_no_receipt(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    before = bought.get().body, bought.pdf()
    platform.set(SUPPLIER_NAME="Other Ltd", SUPPLIER_GSTIN="", TAX_BASIS_POINTS="500")
    platform.rows("update profiles set full_name = 'Other', billing_state = '27'")
    platform.rows("update events set title = 'Other'")
    assert (bought.get().body, bought.pdf()) == before


@pytest.mark.parametrize("statement", ["update receipts set amount = 1, taxable_amount = 1", "delete from receipts"])
def test_nobody_changes_or_removes_a_receipt(platform: DeployedFunctions, statement: LiteralString) -> None:
    new_student_order(platform).captured().get()
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        platform.rows(statement)


def test_a_business_elsewhere_pays_igst_and_is_named(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform)
    details = {"name": "Rao Consulting LLP", "address": "12, Marine Drive, Mumbai 400020", "gstin": ELSEWHERE}
    put = platform.request("registrations", "PUT", "billing-details", user=bought.user, body=details)
    assert put.body["billingDetails"] == details | {"state": "27"}
    got = platform.request("registrations", "GET", "billing-details", user=bought.user)
    assert got.body == put.body
    receipt = bought.captured().get().body["receipt"]
    assert (receipt["cgst"], receipt["sgst"], receipt["igst"], receipt["placeOfSupply"]) == (0, 0, 7_612, "27")
    assert receipt["buyer"] == details | {"state": "27"}
    text = text_of(bought.pdf())
    for part in ("IGST 18%", "₹76.12", "Maharashtra (27)", ELSEWHERE, "Rao Consulting LLP"):
        assert part in text, part


@pytest.mark.parametrize(
    "details",
    [
        {"state": "28"},
        {"state": "x"},
        {"gstin": "27AAPFU0939F1ZA"},
        {"gstin": ELSEWHERE, "state": "29"},
        {"gstin": ELSEWHERE.lower()},
        {"name": " "},
        {"name": "x" * 201},
        {"address": ""},
        {"role": "admin"},
    ],
)
def test_billing_details_that_do_not_fit_are_refused(platform: DeployedFunctions, details: dict[str, str]) -> None:
    user = platform.profile()
    assert platform.request("registrations", "PUT", "billing-details", user=user, body=details).status == 422
    empty = dict.fromkeys(("name", "address", "state", "gstin"))
    assert platform.request("registrations", "GET", "billing-details", user=user).body["billingDetails"] == empty


def test_billing_details_are_of_the_caller_only(platform: DeployedFunctions) -> None:
    ours, theirs = platform.profile(), platform.profile()
    platform.request("registrations", "PUT", "billing-details", user=ours, body={"name": "Ours"})
    answer = platform.request("registrations", "GET", "billing-details", user=theirs)
    assert answer.body["billingDetails"]["name"] is None


def test_without_a_registration_for_gst_there_are_no_tax_lines(platform: DeployedFunctions) -> None:
    platform.set(SUPPLIER_GSTIN="")
    bought = new_student_order(platform).captured()
    receipt = bought.get().body["receipt"]
    assert (receipt["taxableAmount"], receipt["cgst"], receipt["igst"], receipt["placeOfSupply"]) == (
        49_900,
        0,
        0,
        None,
    )
    text = text_of(bought.pdf())
    assert "Receipt" in text
    assert not any(part in text for part in ("GST", "Invoice", "SAC", "Taxable"))


def test_others_and_unknown_payments_look_the_same(platform: DeployedFunctions) -> None:
    bought, other = new_student_order(platform).captured(), platform.profile()
    note = f"credit-notes/{uuid4()}"
    for what in ("receipt", note):
        answer = bought.get(what, user=other)
        unknown = platform.request("registrations", "GET", f"payments/{uuid4()}/{what}", user=other)
        bodies = [{**each.body, "requestId": ""} for each in (answer, unknown)]
        assert (answer.status, unknown.status) == (404, 404)
        assert bodies[0] == bodies[1]
    assert serials(platform) == []
    assert bought.get(note).status == 404


def test_an_unpaid_order_has_no_receipt(platform: DeployedFunctions) -> None:
    answer = new_student_order(platform).get()
    assert (answer.status, answer.body["code"]) == (409, "not_paid")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/pdf"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/pdf, application/json", "application/pdf"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/pdf"),
    ],
)
def test_the_form_is_chosen_by_what_is_accepted(platform: DeployedFunctions, accept: str, kind: str) -> None:
    assert new_student_order(platform).captured().get(accept=accept).headers["content-type"] == kind


def test_the_gateway_gets_the_pdf_as_base64_to_be_shown_inline(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    event = http_event(
        "GET", f"payments/{bought.payment}/receipt", claims=access_token(bought.user), headers={"Accept": "*/*"}
    )
    answer = platform.invoke("registrations", event)
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]).startswith(b"%PDF-")
    number = bought.get().body["receipt"]["number"].replace("/", "-")
    assert answer["headers"]["Content-Disposition"] == f'inline; filename="{number}.pdf"'


def test_the_administrator_gets_the_same_bytes(platform: DeployedFunctions) -> None:
    bought, admin = new_student_order(platform).captured(), platform.profile(admin=True)
    path = f"admin/payments/{bought.payment}/receipt"

    def ask(**more: Any) -> Answer:
        return platform.request("admin_finance", "GET", path, headers={"Accept": "application/pdf"}, **more)

    assert base64.b64decode(ask(user=admin, groups=["admin"]).raw) == bought.pdf()
    assert ask(user=bought.user).status == 403
    assert ask(user=bought.user, groups=["admin"]).status == 403


def test_each_refund_has_a_credit_note_and_together_they_are_the_receipt(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    receipt = bought.get().body["receipt"]
    for amount in (10_001, 19_999, 19_900):
        bought.purchase.refund(amount).deliver(platform)
    answer = bought.get().body
    assert answer["receipt"] == receipt
    notes = answer["creditNotes"]
    assert sorted(note["amount"] for note in notes) == [10_001, 19_900, 19_999]
    for name in ("amount", "taxableAmount", "cgst", "sgst", "igst"):
        assert sum(note[name] for note in notes) == receipt[name], name
    assert len({note["refundId"] for note in notes}) == 3
    assert notes[0]["path"].endswith(f"/payments/{bought.payment}/credit-notes/{notes[0]['id']}")
    text = text_of(bought.pdf(f"credit-notes/{notes[0]['id']}"))
    for part in ("Credit Note", notes[0]["number"], f"Corrects {receipt['number']}", "Total credited"):
        assert part in text, part
    assert bought.get(f"credit-notes/{notes[1]['id']}").body["creditNote"] == notes[1]


def test_a_refund_that_is_told_of_before_its_payment_has_its_credit_note_too(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform)
    bought.purchase.refund(10_000).deliver(platform)
    answer = bought.captured().get().body
    assert [note["amount"] for note in answer["creditNotes"]] == [10_000]


def test_a_second_payment_of_one_order_that_goes_back_corrects_no_receipt(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    second = Purchase(bought.purchase.order_id, bought.purchase.registration_id, new_id("pay"))
    second.captured().deliver(platform)
    second.refund(49_900).deliver(platform)
    assert bought.get().body["creditNotes"] == []


def test_the_schedule_issues_what_nobody_asked_for_in_the_order_of_payment(platform: DeployedFunctions) -> None:
    purchases = buy_many(platform, 5)
    for number in (3, 0, 4, 1, 2):
        purchases[number].captured(created_at=1_794_475_800 + number).deliver(platform)
    purchases[0].refund(10_000).deliver(platform)
    platform.rows("update payment_transactions set paid_at = now() - (now() - paid_at) / 1000")
    assert platform.invoke("issue_receipts", {"source": "schedule"}) == {"success": True, "issued": 6}
    assert platform.invoke("issue_receipts", {"source": "schedule"})["issued"] == 0
    rows = platform.rows(
        """
        select t.razorpay_order_id as id from receipts r join payment_transactions t on t.id = r.payment_transaction_id
        where r.series = 'RC' order by r.serial
        """
    )
    assert [row["id"] for row in rows] == [each.order_id for each in purchases]
    assert (serials(platform), serials(platform, "CN")) == ([1, 2, 3, 4, 5], [1])


def test_a_payment_of_a_closed_period_has_its_receipt_only_when_it_is_asked_for(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    platform.rows("update payment_transactions set paid_at = now() - interval '36 days'")
    assert platform.invoke("issue_receipts", {"source": "schedule"})["issued"] == 0
    assert bought.get().status == 200


def test_each_financial_year_begins_with_one(platform: DeployedFunctions) -> None:
    first, second = new_student_order(platform).captured(), new_student_order(platform).captured()
    for bought, now in (
        (first, datetime(2027, 3, 31, 18, tzinfo=UTC)),
        (second, datetime(2027, 3, 31, 19, tzinfo=UTC)),
    ):
        with db.transaction(SERVICE) as conn:
            service.issue_due(conn, SELLER, 1800, now, [bought.payment])
    rows = platform.rows("select number from receipts order by number")
    assert [row["number"] for row in rows] == ["RC/26-27/000001", "RC/27-28/000001"]


class RolledBack(Exception):
    """Rolls a transaction back."""


def test_fifty_captures_at_once_with_rollbacks_leave_no_gap(platform: DeployedFunctions) -> None:
    """Ten runs of the schedule come in between."""
    purchases = {each.order_id: each for each in buy_many(platform, 50)}
    rows = platform.rows("select id, user_id, razorpay_order_id as order from payment_transactions")

    def one(number: int) -> None:
        if number % 6 == 5:
            schedule.issue_all_due(clock.now(), lambda: True)
            return
        row = rows[number - number // 6]
        purchases[row["order"]].captured().deliver(platform)
        issue_with_rollbacks(row["user_id"], row["id"], random.Random(SEED + number))

    platform.at_once(one, range(60), threads=10)
    assert serials(platform) == list(range(1, 51))
    assert platform.row("select count(distinct payment_transaction_id) as n from receipts") == {"n": 50}


def issue_with_rollbacks(user_id: UUID, payment_id: UUID, dice: random.Random) -> None:
    """Half of the transactions end in nothing after they have taken a serial."""
    while dice.random() < 0.5:
        with suppress(RolledBack), db.transaction(service_for(user_id)) as conn:
            service.issue_due(conn, SELLER, 1800, clock.now(), [payment_id])
            raise RolledBack
    with db.transaction(service_for(user_id)) as conn:
        service.issue_due(conn, SELLER, 1800, clock.now(), [payment_id])


def test_serials_of_a_sequence_would_have_gaps(platform: DeployedFunctions, monkeypatch: pytest.MonkeyPatch) -> None:
    """A negative control: what a rollback does not give back."""
    platform.rows("create sequence tickets; grant usage on sequence tickets to service_role")

    def from_sequence(conn: db.Connection, series: str, year: int) -> int:
        row = conn.execute("select nextval('tickets')").fetchone()
        assert row
        return row[0] - 1

    monkeypatch.setattr(queries, "last_serial", from_sequence)
    for _ in range(4):
        bought = new_student_order(platform).captured()
        issue_with_rollbacks(bought.user, bought.payment, random.Random(3))
    platform.rows("drop sequence tickets")
    assert serials(platform) != [1, 2, 3, 4]


def test_without_the_lock_two_payments_would_want_one_serial(
    platform: DeployedFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A negative control: both look for the last serial before either has written; the database refuses the second."""
    bought = [new_student_order(platform).captured() for _ in range(2)]
    last, both_have_looked = queries.last_serial, threading.Barrier(2)

    def look(conn: db.Connection, series: Any, year: int) -> int:
        found = last(conn, series, year)
        both_have_looked.wait(60)
        return found

    def no_lock(_conn: db.Connection) -> None:
        pass

    monkeypatch.setattr(queries, "lock_serials", no_lock)
    monkeypatch.setattr(queries, "last_serial", look)

    def issue(each: StudentOrder) -> bool:
        try:
            with db.transaction(service_for(each.user)) as conn:
                service.issue_due(conn, SELLER, 1800, clock.now(), [each.payment])
        except psycopg.errors.UniqueViolation:
            return False
        return True

    assert sorted(platform.at_once(issue, bought, threads=2)) == [False, True]


def test_receipts_are_asked_for_by_many_at_once_and_issued_once(platform: DeployedFunctions) -> None:
    bought = new_student_order(platform).captured()
    bought.purchase.refund(10_000).deliver(platform)
    platform.set(DATABASE_SECRET_ID="database-worker")

    def ask(_: int) -> str:
        found = service.find_or_issue(SERVICE, service_for(bought.user), bought.payment, bought.user)
        return found.receipt.number + found.credit_notes[0].number

    assert len(set(platform.at_once(ask, range(16), threads=8))) == 1
    assert len(platform.rows("select 1 from receipts")) == 2
