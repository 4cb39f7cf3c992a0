"""Printing a certificate, beside fpdf2 writing an empty page with the same fonts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

from fpdf import FPDF

from shared.certificates.models import CertificateContent
from shared.certificates.printing import print_certificate
from shared.printing.scripts import DISPLAY, TEXT, Font

RATIO_BUDGET = 3
ROUNDS = 15
URL = "https://api.example.com/functions/v1/generate-certificate?token=Zp3m1vJ1u8J0bQyZk0cO3mR7yq2sT5wX"
CONTENT = CertificateContent(
    number="CC-2026-000123-K",
    recipient="Asha Rao",
    course="Practical Machine Learning",
    starts_on=date(2026, 11, 14),
    ends_on=date(2026, 11, 15),
    attended_minutes=372,
    issued_on=date(2026, 11, 22),
    issuer="Crash Course Academy",
)


@dataclass(frozen=True)
class Printing:
    """Processor seconds of one document."""

    certificate: float
    empty_page: float

    @property
    def ratio(self) -> float:
        return self.certificate / self.empty_page

    @property
    def per_minute(self) -> float:
        return 60 / self.certificate


def measure() -> Printing:
    """The best of some rounds in turn, so that a busy machine slows both down alike."""

    def certificate() -> bytes:
        return print_certificate(CONTENT, URL)

    def empty() -> bytes:
        return empty_page((DISPLAY, TEXT))

    certificate()
    empty()
    rounds = [(cost(certificate), cost(empty)) for _ in range(ROUNDS)]
    return Printing(min(each for each, _ in rounds), min(each for _, each in rounds))


def empty_page(fonts: Sequence[Font]) -> bytes:
    pdf = FPDF(orientation="landscape", format="A4")
    pdf.add_page()
    for font in fonts:
        with resources.as_file(resources.files("layers.documents.fonts") / font.file) as path:
            pdf.add_font(font.family, fname=path)
        pdf.set_font(font.family, size=12)
        pdf.cell(0, 0, " ")
    return bytes(pdf.output())


def cost(work: Callable[[], bytes]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
