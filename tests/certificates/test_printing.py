"""The PDF: the same bytes for the same content, every Indian script shaped, hostile names as plain text."""

import re
import subprocess
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image
from pypdf import PdfReader

from shared.certificates.models import CertificateContent
from shared.certificates.printing import print_certificate
from shared.printing.scripts import DISPLAY, FONTS, can_print, printable, runs
from tests.programs import program

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
NAMES = {
    "Devanagari": "आशा श्रीवास्तव",
    "Bengali": "শ্রেয়সী ভট্টাচার্য",
    "Tamil": "தமிழ்ச்செல்வி",
    "Telugu": "కృష్ణమూర్తి రాజ్యలక్ష్మి",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ",
    "Gujarati": "કૃષ્ણા",
    "Kannada": "ಲಕ್ಷ್ಮೀ",
    "Malayalam": "ലക്ഷ്മി",
    "Oriya": "ଲକ୍ଷ୍ମୀ",
    "Arabic": "محمد اقبال",
}
HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1",
    "@SUM(A1)",
    "'; drop table certificates; --",
    "{{ 7*7 }} {% raw %} ${x} %s %(y)s",
    ") Tj ET /JS (app.alert(1)) BT (",
    "\\) Tj (\\",
    "endstream endobj trailer",
    "**bold** __u__ --s--",
    "a\r\nBcc: x@example.com",
    "tab\tand\0nul",
    "\u202egnp.exe\u202c",
    "\ufeffBOM\u200bzero",
    "\ud800",
    "A" * 200,
    "W" * 200,
]


def text_of(pdf: bytes) -> str:
    return " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())


def fonts_of(pdf: bytes) -> set[str]:
    page: Any = PdfReader(BytesIO(pdf)).pages[0]
    return {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}


def picture(pdf: bytes, folder: Path, dots: int = 150) -> Image.Image:
    (folder / "c.pdf").write_bytes(pdf)
    subprocess.run([program("pdftoppm"), "-r", str(dots), "-png", "-singlefile", "c.pdf", "c"], cwd=folder, check=True)
    with Image.open(folder / "c.png") as image:
        return image.convert("L")


def test_the_same_content_is_the_same_bytes() -> None:
    first = print_certificate(CONTENT, URL)
    assert print_certificate(CONTENT, URL) == first
    for change in ({"recipient": "Asha Rap"}, {"number": "CC-2026-000124-I"}, {"issued_on": date(2026, 11, 23)}):
        assert print_certificate(replace(CONTENT, **change), URL) != first
    assert print_certificate(CONTENT, URL + "y") != first


def test_everything_certified_is_on_it() -> None:
    text = text_of(print_certificate(CONTENT, URL))
    for expected in (
        "Certificate of Completion",
        "Asha Rao",
        "Practical Machine Learning",
        "held from 14 to 15 November 2026, with 6 hours and 12 minutes of live sessions attended",
        "22 November 2026",
        "No. CC-2026-000123-K",
        URL,
    ):
        assert expected in text


def test_it_describes_itself() -> None:
    reader: Any = PdfReader(BytesIO(print_certificate(CONTENT, URL)))
    assert reader.metadata.title == "Certificate of Completion CC-2026-000123-K"
    assert reader.metadata.author == "Crash Course Academy"
    assert "Asha Rao" in reader.metadata.subject
    assert reader.trailer["/Root"]["/Lang"] == "en-IN"
    assert reader.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    width, height = (float(side) for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (842, 595)
    document = reader.trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object()
    kinds = [each.get_object()["/S"] for each in document["/K"]]
    assert kinds.count("/H1") == 1
    assert "/Figure" in kinds


@pytest.mark.parametrize("script", NAMES)
def test_a_name_in_an_indian_script_is_shaped_with_its_own_font(script: str, tmp_path: Path) -> None:
    name = NAMES[script]
    assert can_print(name)
    pdf = print_certificate(replace(CONTENT, recipient=f"Asha {name}"), URL)
    assert any(script in font for font in fonts_of(pdf))
    assert all("+Noto" in font for font in fonts_of(pdf))
    without = print_certificate(replace(CONTENT, recipient="Asha"), URL)
    band = (300, 350, 1450, 560)
    ink = [sum(1 for dot in picture(each, tmp_path).crop(band).tobytes() if dot < 100) for each in (pdf, without)]
    assert ink[0] > ink[1] * 1.3


def test_text_is_cut_where_its_font_changes_and_nowhere_within_a_word() -> None:
    pieces = [(font.family, piece) for font, piece in runs("Dr. कृष्ण (क्‍ष) Rao", DISPLAY)]
    assert "".join(piece for _, piece in pieces) == "Dr. कृष्ण (क्‍ष) Rao"
    assert [family for family, _ in pieces] == ["display", "devanagari", "display", "devanagari", "display"]


def test_every_character_that_is_promised_is_in_its_font() -> None:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs]

    missing: list[str] = []
    for font in FONTS:
        held: Any = TTFont(Path("layers/documents/fonts") / font.file).getBestCmap()
        missing += [
            f"{font.family} {code:x}" for code in font.characters() if can_print(chr(code)) and code not in held
        ]
    assert missing == []


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:24])
def test_hostile_text_is_printed_as_it_is_or_not_at_all(name: str) -> None:
    shown = printable(name)
    assert not re.search("[\x00-\x1f\u202a-\u202e\ufeff\u200b\ud800-\udfff]", shown)
    if not shown or not can_print(shown):
        return
    pdf = print_certificate(replace(CONTENT, recipient=shown, course=shown, issuer=shown), URL)
    reader: Any = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 1
    for word in re.findall(r"\w{4,12}", shown)[:3]:
        assert word in text_of(pdf).replace(" ", "")
    assert not keys_of(reader) & {"/JS", "/JavaScript", "/Launch", "/AA", "/EmbeddedFiles", "/AcroForm"}
    assert {str(each.get_object()["/A"]["/URI"]) for each in reader.pages[0]["/Annots"]} == {URL}


def test_three_hundred_hostile_names_lose_what_could_act_and_nothing_else() -> None:
    for start in (
        "",
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n=",
        "\ufeff",
        "\u202e",
        "\x00",
        "<",
        "'",
        '"',
        "{{",
        "\\",
        "%",
        "&",
    ):
        for payload in HOSTILE:
            shown = printable(start + payload)
            assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\ufeff\u200b\ud800-\udfff]", shown)
            visible = [each for each in start + payload if each.isprintable() and not each.isspace()]
            assert [each for each in shown if not each.isspace()] == visible
            assert printable(shown) == shown


def test_a_camera_sees_the_code_that_leads_to_the_verification(tmp_path: Path) -> None:
    """Module by module: what is printed is the QR code of the address."""
    image = picture(print_certificate(CONTENT, URL), tmp_path, dots=300)
    rows = [bytes(row) for row in segno.make_qr(URL, error="m").matrix]
    scale = 300 / 25.4
    left, top, module = (297 - 34 - 28) * scale, (178 - 25) * scale, 28 * scale / len(rows)
    middles = [(place + 0.5) * module for place in range(len(rows))]
    seen = [bytes(int(dark(image.getpixel((int(left + x), int(top + y))))) for x in middles) for y in middles]
    assert seen == rows


def keys_of(reader: Any) -> set[str]:
    """Every key of every object of the file."""
    objects = [reader.get_object(number) for number in range(1, int(reader.trailer["/Size"]))]
    return {str(key) for each in objects if isinstance(each, dict) for key in each}


def dark(dot: Any) -> bool:
    return int(dot) < 128


def test_nothing_is_printed_over_the_frame_however_long_it_is(tmp_path: Path) -> None:
    long = replace(CONTENT, recipient="W" * 200, course="Wide words " * 18)
    margin = (60, 300, 110, 900)
    assert (
        picture(print_certificate(long, URL), tmp_path).crop(margin).tobytes()
        == picture(print_certificate(CONTENT, URL), tmp_path).crop(margin).tobytes()
    )
