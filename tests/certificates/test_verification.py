"""What anybody learns about a certificate: everything certified, nothing else, and nothing by guessing (A8)."""

import json
import random
import re
import string
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.generate_certificate.uploads import with_file_hashed
from shared import db
from shared.actors import SERVICE
from shared.certificates import chain, service, tree
from shared.certificates import queries as certificate_queries
from shared.errors import Invalid
from tests.certificates.certificate_platform import Platform

ALPHABET = f"{string.ascii_letters}{string.digits}-_"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
CERTIFIED = {
    "certificateNumber",
    "recipientName",
    "courseTitle",
    "startsOn",
    "endsOn",
    "attendedMinutes",
    "issuedOn",
    "issuer",
    "revokedAt",
    "revokeReason",
    "replacedBy",
    "pdfUrl",
    "badgeUrl",
}


def test_a_certificate_is_shown_with_all_that_is_certified_and_nothing_else(platform: Platform) -> None:
    student, registration = platform.graduate("आशा श्रीवास्तव")
    mine = platform.generate(student, registration).body["certificate"]
    answer = platform.get(token=mine["verificationToken"])
    assert (answer.status, answer.body["valid"], answer.body["status"]) == (200, True, "valid")
    assert answer.body.keys() == {"type", "valid", "status", "certificate", "integrity"}
    assert answer.body["certificate"].keys() == CERTIFIED
    assert answer.body["certificate"]["recipientName"] == "आशा श्रीवास्तव"
    assert answer.body["certificate"]["issuer"] == "Crash Course Academy"
    private = [str(student), str(registration), f"{student}@example.com"]
    assert not [each for each in private if each in answer.raw]


def test_anybody_can_check_the_proof_without_us(platform: Platform) -> None:
    platform.issue_many(4)
    mine = platform.certificate()
    platform.issue_many(2)
    assert platform.get(token=mine["verificationToken"]).body["integrity"]["treeHead"] is None
    assert platform.run_job()["signedTreeSize"] == 7
    shown = platform.get(token=mine["verificationToken"]).body["integrity"]
    leaf, head, proof = shown["leaf"], shown["treeHead"], shown["inclusionProof"]
    assert chain.leaf_hash(leaf).hex() == shown["leafHash"] == mine["blockchainHash"]
    assert json.loads(leaf)["contentHash"] == chain.sha256(shown["content"]).hex()
    path = [bytes.fromhex(each) for each in proof["hashes"]]
    root = bytes.fromhex(head["rootHash"])
    assert tree.is_included(bytes.fromhex(shown["leafHash"]), proof["leafIndex"], head["treeSize"], path, root)


@pytest.mark.parametrize("accept", ["application/json", BROWSER])
def test_unknown_and_malformed_tokens_look_the_same(platform: Platform, accept: str) -> None:
    platform.certificate()
    tokens = ["Zp3m1vJ1u8J0bQyZk0cO3mR7yq2sT5wX", "", "x", "%00\x00", "' or 1=1 --", "../../etc", "é" * 500, "\ud800"]
    answers = [platform.get(accept=accept, token=token) for token in tokens[:-1]]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.raw for answer in answers}) == 1
    if accept == "application/json":
        assert answers[0].body == {"valid": False}


def test_a_hundred_thousand_guesses_hit_nothing(platform: Platform) -> None:
    issued = [certificate.verification_token for certificate in platform.issue_many(100)]
    assert len(set(issued)) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{32}", token) for token in issued)
    dice = random.Random(8)
    guesses = ["".join(dice.choices(ALPHABET, k=32)) for _ in range(100_000)]
    assert _hits(platform, guesses) == 0
    assert _hits(platform, [*guesses, issued[50]]) == 1


def test_a_guess_is_looked_up_as_the_hundred_thousand_are(platform: Platform) -> None:
    """By the hash alone, so that no part of a token is nearer to a hit than another."""
    token = platform.certificate()["verificationToken"]
    near = [token[:-1] + other for other in ALPHABET if other != token[-1]]
    assert _hits(platform, [*near, token.lower(), token.upper()]) == 0
    answers = {platform.get(token=each).raw for each in near[:20]}
    assert answers == {platform.get(token="x").raw}
    assert platform.get(token=token).status == 200


def _hits(platform: Platform, guesses: list[str]) -> int:
    """How many certificates these tokens would show, by the column that they are looked up in."""
    return platform.deployed.row(
        """
        select count(*) as hits from unnest(%s::text[]) guess
        join certificates on verification_token_hash = sha256(convert_to(guess, 'UTF8'))
        """,
        guesses,
    )["hits"]


def test_a_page_shows_a_hostile_name_as_text_and_loads_nothing(platform: Platform) -> None:
    hostile = """<script>alert(1)</script>" onload='x' {{ 7*7 }} & "quoted" </style><img src=//evil.example>"""
    mine = platform.certificate(hostile, platform.completed_event(title="<b>Rust</b> & {% raw %}"))
    page = platform.get(accept=BROWSER, token=mine["verificationToken"])
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"<(script|img|b|iframe|link)\b", page.raw)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.raw
    assert "{{ 7*7 }}" in page.raw
    assert not re.search(r"""(src|href|action)=["'](?!https://api\.example\.com/)""", page.raw)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_page_names_its_language_title_and_state(platform: Platform) -> None:
    mine = platform.certificate()
    page = platform.get(accept=BROWSER, token=mine["verificationToken"]).raw
    assert '<html lang="en">' in page
    assert "<title>Valid certificate</title>" in page
    assert page.count("<h1>") == 1
    assert 'name="viewport"' in page
    assert '<label for="pdf">' in page


def test_the_issued_pdf_is_recognised_and_any_other_is_not(platform: Platform) -> None:
    mine = platform.certificate()
    pdf = platform.stored_pdf(mine["id"])
    form = (
        b'--line\r\nContent-Disposition: form-data; name="pdf"; filename="c.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n" + pdf + b"\r\n--line--\r\n"
    )
    for answer in (platform.upload(pdf), platform.upload(form, "multipart/form-data; boundary=line")):
        assert (answer.status, answer.body["valid"]) == (200, True)
        assert answer.body["certificate"]["certificateNumber"] == mine["certificateNumber"]
    for place in (10, len(pdf) // 2, len(pdf) - 1):
        changed = bytearray(pdf)
        changed[place] ^= 1
        assert platform.upload(bytes(changed)).body == {"valid": False}
    assert platform.upload(pdf + b"\n").status == 404
    assert platform.upload(pdf, accept=BROWSER).raw.count("byte for byte, the one we issued") == 2


def test_what_is_no_pdf_is_refused(platform: Platform) -> None:
    bodies = [b"", b"hello", b"\x00\xff" * 100, b"--x\r\n\r\n"]
    types = ["application/pdf", "multipart/form-data", "multipart/form-data; boundary=x", ""]
    answers = [platform.upload(body, content_type) for body in bodies for content_type in types]
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(422, "not_a_pdf")}


def seconds_to_read(parameters: int) -> float:
    """Processor seconds for a form with so many parameters in the head of its file."""
    head = b"Content-Disposition: form-data; filename=a; " + b";".join(b"a*%d*=x" % n for n in range(parameters))
    body = b"--b\r\n" + head + b"\r\n\r\n%PDF-1\r\n--b--"
    event = {
        "rawPath": "/verify",
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"content-type": "multipart/form-data; boundary=b"},
        "body": body.decode(),
    }
    began = time.process_time()
    for _ in range(20):
        with suppress(Invalid):
            with_file_hashed(event, "/verify")
    return time.process_time() - began


def test_a_crafted_form_costs_no_more_than_its_bytes() -> None:
    """The parser of mails took 9 seconds for 40,000 parameters, and four times as long for twice as many."""
    assert seconds_to_read(80_000) < 20 * 0.05, "50 ms for 700 KB"
    assert seconds_to_read(80_000) < 8 * seconds_to_read(20_000) + 0.05


def test_a_file_over_a_megabyte_is_refused(platform: Platform) -> None:
    assert platform.upload(b"%PDF-" + bytes(1024 * 1024)).status == 413


def test_the_pdf_is_behind_a_link_that_expires(platform: Platform) -> None:
    mine = platform.certificate()
    answer = platform.get("/pdf", token=mine["verificationToken"])
    assert answer.status == 302
    assert "X-Amz-Expires=900" in answer.headers["location"]
    assert platform.get("/pdf", token="guess").status == 404


def test_a_revoked_certificate_stays_revoked(platform: Platform) -> None:
    student, registration = platform.graduate()
    mine = platform.generate(student, registration).body["certificate"]
    assert platform.admin("POST", f"/{mine['id']}/revoke", body={"reason": "Copied homework"}).status == 200
    again = platform.generate(student, registration)
    assert (again.status, again.body["certificate"]["status"]) == (200, "revoked")
    assert platform.run_job()["issued"] == 0
    shown = platform.get(token=mine["verificationToken"]).body
    assert (shown["valid"], shown["status"]) == (False, "revoked")
    assert shown["certificate"]["revokeReason"] == "Copied homework"
    assert datetime.fromisoformat(shown["certificate"]["revokedAt"]).tzinfo is not None
    assert "Revoked certificate" in platform.get(accept=BROWSER, token=mine["verificationToken"]).raw
    with db.transaction(SERVICE) as conn:
        rows: Any = certificate_queries.find_current(conn, [registration])  # type: ignore[arg-type]
        assert service.reserve(conn, certificate_queries.find_facts(conn, [registration]), datetime.now(UTC)) == []
    assert len(rows) == 1
