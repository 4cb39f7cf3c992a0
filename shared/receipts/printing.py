"""Renders a receipt or credit note as a PDF: A4, embedded fonts, the same bytes for the same content."""

from datetime import date
from typing import TYPE_CHECKING

from shared import languages
from shared.money import format_amount, rupees_in_words
from shared.printing import page
from shared.printing.page import NAVY
from shared.printing.scripts import DISPLAY, TEXT, can_print, printable
from shared.receipts.gst import STATES, WITHOUT_LEGISLATURE
from shared.receipts.models import BillingDocument

if TYPE_CHECKING:
    from fpdf import FPDF

LEFT, RIGHT = 20.0, 190.0
ROOM = RIGHT - LEFT
COLUMN = 80.0
MIDDLE = 112.0
LINE = 5.0


def print_document(
    document: BillingDocument, receipt: BillingDocument, language: str = languages.DEFAULT_LANGUAGE
) -> bytes:
    """The PDF, about 40 KB; `receipt` is the document itself, or the receipt that a credit note corrects.

    Labels, dates and amounts are in a language; what was recorded is printed as it is.
    """
    labels = Labels(language)
    title = labels[title_of(document)]
    pdf = page.document(
        orientation="portrait",
        title=f"{title} {document.number}",
        author=_printable(document.supplier.name),
        subject=_printable(document.description),
        keywords=f"{title.lower()}, {document.number}",
        created_on=document.issued_on,
    )
    foot = _write_header(pdf, document, title, labels)
    buyer = _write_buyer(pdf, document, foot + 12, labels)
    foot = max(buyer, _write_details(pdf, document, receipt, foot + 12, labels))
    foot = _write_line(pdf, document, foot + 8, labels)
    foot = _write_totals(pdf, document, foot + 9, labels)
    _write_footer(pdf, document, foot + 14, labels)
    return bytes(pdf.output())


class Labels:
    """What a document says around its content, in one language."""

    def __init__(self, language: str) -> None:
        self._texts: dict[str, str] = languages.texts(language)["receipt"]
        self._language = language

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def day(self, day: date) -> str:
        return languages.format_day(day, self._language)

    def amount(self, amount: int, currency: str) -> str:
        """In minor units."""
        return format_amount(amount, currency, languages.locale_of(self._language))


def title_of(document: BillingDocument) -> str:
    """The label that names the document."""
    if document.series == "CN":
        return "credit_note"
    return "tax_invoice" if document.supplier.gstin else "receipt"


def _write_header(pdf: "FPDF", document: BillingDocument, title: str, labels: Labels) -> float:
    """The supplier and the title; returns the baseline of the rule below."""
    supplier = document.supplier
    with page.tagged(pdf, "P"):
        page.write(pdf, _printable(supplier.name), DISPLAY, LEFT, 28, size=19, colour=NAVY, room=COLUMN + 8)
        lines = page.lines(pdf, _printable(supplier.address), TEXT, 9, COLUMN)[:5]
        lines += [f"GSTIN {supplier.gstin}"] if supplier.gstin else []
        _write_lines(pdf, lines, LEFT, 35)
    with page.tagged(pdf, "H1"):
        page.write(pdf, title, DISPLAY, RIGHT, 28, size=17, colour=NAVY, align="R", room=COLUMN)
    with page.tagged(pdf, "P"):
        page.write(
            pdf,
            labels["number"].format(number=document.number),
            TEXT,
            RIGHT,
            35,
            size=10,
            colour=NAVY,
            align="R",
            room=COLUMN,
        )
        page.write(pdf, labels.day(document.issued_on), TEXT, RIGHT, 40, size=10, align="R", room=COLUMN)
    foot = 35 + LINE * max(len(lines), 2)
    _rule(pdf, foot, 0.6)
    return foot


def _write_buyer(pdf: "FPDF", document: BillingDocument, top: float, labels: Labels) -> float:
    buyer = document.buyer
    lines = page.lines(pdf, _printable(buyer.address or ""), TEXT, 9, COLUMN)[:6]
    if buyer.state:
        lines.append(f"{STATES[buyer.state]} ({buyer.state})")
    if buyer.gstin:
        lines.append(f"GSTIN {buyer.gstin}")
    with page.tagged(pdf, "P"):
        page.write(pdf, labels["billed_to"], TEXT, LEFT, top, size=8, room=COLUMN)
        page.write(
            pdf, _printable(buyer.name) or labels["student"], TEXT, LEFT, top + 6, size=12, colour=NAVY, room=COLUMN
        )
        return _write_lines(pdf, lines, LEFT, top + 12)


def _write_details(
    pdf: "FPDF", document: BillingDocument, receipt: BillingDocument, top: float, labels: Labels
) -> float:
    facts = [(labels["payment"], document.razorpay_payment_id)]
    if document.series == "CN":
        facts += [(labels["refunded_on"], labels.day(document.paid_on))]
        facts += [(labels["corrects"], receipt.number), (labels["issued_on"], labels.day(receipt.issued_on))]
    else:
        facts += [(labels["paid_on"], labels.day(document.paid_on))]
    if document.place_of_supply:
        facts += [(labels["place_of_supply"], f"{STATES[document.place_of_supply]} ({document.place_of_supply})")]
    with page.tagged(pdf, "P"):
        for place, (name, value) in enumerate(facts):
            page.write(pdf, name, TEXT, MIDDLE, top + LINE * place, size=9, room=26)
            page.write(pdf, value, TEXT, MIDDLE + 28, top + LINE * place, size=9, colour=NAVY, room=RIGHT - MIDDLE - 28)
    return top + LINE * len(facts)


def _write_line(pdf: "FPDF", document: BillingDocument, top: float, labels: Labels) -> float:
    """The single line item; returns the baseline of the rule below."""
    with page.artifact(pdf):
        pdf.set_fill_color(238, 241, 247)
        pdf.rect(LEFT, top - 5, ROOM, 8, style="F")
    is_taxed = document.tax_basis_points > 0
    with page.tagged(pdf, "P"):
        page.write(pdf, labels["description"], TEXT, LEFT + 2, top, size=9, colour=NAVY, room=COLUMN)
        if is_taxed:
            page.write(pdf, "SAC", TEXT, 138, top, size=9, colour=NAVY, align="C", room=20)
        heading = labels["taxable_value" if is_taxed else "amount"]
        page.write(pdf, heading, TEXT, RIGHT - 2, top, size=9, colour=NAVY, align="R", room=30)
    sold = labels["course" if document.series == "RC" else "refund_of_course"]
    lines = page.lines(pdf, sold.format(title=_printable(document.description)), TEXT, 10, 100)[:4]
    with page.tagged(pdf, "P"):
        for place, line in enumerate(lines):
            page.write(pdf, line, TEXT, LEFT + 2, top + 9 + LINE * place, size=10, colour=NAVY, room=100)
        if is_taxed:
            page.write(pdf, document.supplier.sac, TEXT, 138, top + 9, size=10, align="C", room=24)
        taxable = labels.amount(document.taxable_amount, document.currency)
        page.write(pdf, taxable, TEXT, RIGHT - 2, top + 9, size=10, colour=NAVY, align="R", room=40)
    foot = top + 9 + LINE * len(lines)
    _rule(pdf, foot, 0.2)
    return foot


def _write_totals(pdf: "FPDF", document: BillingDocument, top: float, labels: Labels) -> float:
    for name, amount in _taxes(document):
        _write_total(pdf, name, labels.amount(amount, document.currency), top, size=10)
        top += 6
    label = labels["total_credited" if document.series == "CN" else "total_paid"]
    _rule(pdf, top - 1, 0.2, MIDDLE)
    total = labels.amount(document.amount, document.currency)
    _write_total(pdf, label, total, top + 6, size=13)
    if document.currency == "INR":
        with page.tagged(pdf, "P"):
            lines = page.lines(pdf, rupees_in_words(document.amount), TEXT, 9, ROOM)
            _write_lines(pdf, lines, LEFT, top + 17)
    return top + 17


def _taxes(document: BillingDocument) -> list[tuple[str, int]]:
    """Each tax with its rate and its amount."""
    if not document.tax_basis_points or document.place_of_supply is None:
        return []
    rate = document.tax_basis_points / 100
    if document.place_of_supply != document.supplier.state:
        return [(f"IGST {rate:g}%", document.igst)]
    state_tax = "UTGST" if document.place_of_supply in WITHOUT_LEGISLATURE else "SGST"
    return [(f"CGST {rate / 2:g}%", document.cgst), (f"{state_tax} {rate / 2:g}%", document.sgst)]


def _write_total(pdf: "FPDF", name: str, amount: str, y: float, *, size: float) -> None:
    with page.tagged(pdf, "P"):
        page.write(pdf, name, TEXT, MIDDLE, y, size=size, colour=NAVY, room=36)
        page.write(pdf, amount, TEXT, RIGHT - 2, y, size=size, colour=NAVY, align="R", room=44)


def _write_footer(pdf: "FPDF", document: BillingDocument, top: float, labels: Labels) -> None:
    lines = [labels["no_signature"]]
    if document.tax_basis_points:
        lines.insert(0, labels["tax_included"])
    with page.tagged(pdf, "P"):
        _write_lines(pdf, lines, LEFT, top, size=8)


def _write_lines(pdf: "FPDF", lines: list[str], x: float, top: float, *, size: float = 9) -> float:
    """Write lines below each other; returns the next baseline."""
    for place, line in enumerate(lines):
        page.write(pdf, line, TEXT, x, top + LINE * place, size=size, room=RIGHT - x if size < 9 else COLUMN + 60)
    return top + LINE * len(lines)


def _rule(pdf: "FPDF", y: float, thickness: float, left: float = LEFT) -> None:
    with page.artifact(pdf):
        pdf.set_draw_color(NAVY)
        pdf.set_line_width(thickness)
        pdf.line(left, y, RIGHT, y)


def _printable(text: str) -> str:
    """The characters of a text that the fonts can print."""
    return "".join(each for each in printable(text) if can_print(each)).strip()
