"""A12: nothing connects to anywhere but this machine; `tests.egress` guards every test, and here it is seen to."""

import ast
import asyncio
import re
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import boto3
import pytest
import requests

from tests import egress
from tools.transform import ROOT

OUTSIDE = "192.0.2.1"
"""For documentation only (RFC 5737): nobody is there."""


async def connect_later() -> None:
    await asyncio.open_connection(OUTSIDE, 9)


def send_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"", (OUTSIDE, 9))


ATTEMPTS: list[Callable[[], object]] = [
    lambda: socket.create_connection((OUTSIDE, 9), timeout=1),
    lambda: socket.create_connection(("example.com", 9), timeout=1),
    lambda: socket.gethostbyname("example.com"),
    lambda: urllib.request.urlopen("http://example.com", timeout=1),
    lambda: requests.get(f"http://{OUTSIDE}", timeout=1),
    lambda: boto3.client("sqs", "ap-south-1", aws_access_key_id="x", aws_secret_access_key="x").list_queues(),
    lambda: asyncio.run(connect_later()),
    send_datagram,
]


@pytest.mark.parametrize("number", range(len(ATTEMPTS)))
def test_whoever_reaches_out_is_refused_and_found_even_if_it_hides_that(number: int) -> None:
    with suppress(Exception):
        ATTEMPTS[number]()
        pytest.fail("it was let through")
    assert egress.refused()


def test_a_module_cannot_start_a_program_while_it_is_collected() -> None:
    with egress.no_programs(), pytest.raises(egress.ProgramStarted):
        subprocess.run(["true"], check=True)
    subprocess.run(["true"], check=True)


@pytest.fixture
def unix_path(server_folder: object) -> Iterator[str]:
    path = f"{server_folder}/egress"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        yield path


def test_this_machine_is_reached(unix_path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(unix_path)
    assert egress.refused() == []


NAMED = {
    "api.razorpay.com",
    "cognito-idp.${AWS::Region}.${AWS::URLSuffix}",
    "${RealtimeApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}",
    "api.sendgrid.com",
    "api.twilio.com",
}
"""Whom the functions ask beside what AWS's SDK knows; the last two only where a parameter says so."""
NEVER_ASKED = {
    "${DomainName}",
    "${SignInDomain}.auth.${AWS::Region}.amazoncognito.com",
    "${RecordingsBucket.RegionalDomainName}",
    "www.w3.org",
    "purl.imsglobal.org",
}
"""Where clients find us and what a browser asks, and names of vocabularies in badges."""
HOST = re.compile(r"https?://([\w.${}:-]+)")


def hosts_in(source: str) -> set[str]:
    """The hosts in the texts of a program, docstrings and comments left out."""
    tree = ast.parse(source)
    said = {
        id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
    }
    texts = [
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in said
    ]
    return {host for text in texts for host in HOST.findall(text)}


def test_the_code_and_the_template_name_nobody_else() -> None:
    files = [file for folder in ("functions", "shared") for file in (ROOT / folder).rglob("*.py")]
    named = {host for file in files for host in hosts_in(file.read_text())}
    template = re.sub(r"#.*", "", (ROOT / "template.yaml").read_text())
    assert named | set(HOST.findall(template)) == NAMED | NEVER_ASKED


def test_another_host_in_the_code_is_seen() -> None:
    """The negative control."""
    assert hosts_in('"""See https://docs.example."""\ncall(f"https://collect.example/{x}")') == {"collect.example"}
