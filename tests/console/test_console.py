"""The console's function: static files, a policy that runs nothing else, no rights."""

import base64
import gzip
import hashlib
import re

import pytest

from functions.console import service
from functions.console.models import SignInConfiguration
from tests.deployed import Answer, DeployedFunctions
from tests.template.rules import Templates
from tools.transform import sam_template

BUDGET = 120 * 1024
"""Bytes of everything together, compressed."""
CONFIGURATION = SignInConfiguration(
    issuer="https://issuer.example.com/pool",
    metadata_url="https://metadata.example.com/.well-known/openid-configuration",
    client_id="</script><script>alert(1)</script>",
    scope="openid",
    uses_cognito=False,
    time_zone="Asia/Kolkata",
)


def read(deployed: DeployedFunctions, path: str, encoding: str = "gzip") -> Answer:
    return deployed.request("console", "GET", path, headers={"accept-encoding": encoding})


def test_the_page_loads_files_that_exist_and_are_kept_for_good(deployed: DeployedFunctions) -> None:
    page = read(deployed, "/console")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    named = set(re.findall(r'console/(\w+/[\w.-]+)"', page.raw))
    assert len(named) >= 10
    for path in named:
        file = read(deployed, f"/console/{path}")
        assert (file.status, file.headers["cache-control"]) == (200, "public, max-age=31536000, immutable"), path
        assert file.headers["content-encoding"] == "gzip"


def test_the_page_itself_is_checked_each_time(deployed: DeployedFunctions) -> None:
    assert read(deployed, "/console").headers["cache-control"] == "public, no-cache"


def test_every_module_that_is_imported_exists() -> None:
    known = set(service.static_files()) | set(service.MODULES)
    for name, file in service.static_files().items():
        if name.endswith(".js"):
            imported = re.findall(
                r'^(?:import\b.* from|import|export .* from) "([^"]+)"', file.content.decode(), re.MULTILINE
            )
            assert {each.removeprefix("./") for each in imported} <= known, name


def test_a_file_of_another_version_is_served_and_soon_forgotten(deployed: DeployedFunctions) -> None:
    assert read(deployed, "/console/0000000000000000/main.js").headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("name", ["handler.py", "page.html", "..%2fhandler.py", "none.js"])
def test_nothing_else_is_served(deployed: DeployedFunctions, name: str) -> None:
    assert read(deployed, f"/console/{service.version()}/{name}").status == 404


def test_the_old_address_leads_to_the_page(deployed: DeployedFunctions) -> None:
    answer = read(deployed, "console")
    assert (answer.status, answer.headers["location"].endswith("/console")) == (308, True)


def test_what_sign_in_brings_back_is_taken_and_not_repeated(deployed: DeployedFunctions) -> None:
    query = {"code": "a-code", "state": "a-state"}
    answer = deployed.request("console", "GET", "/console", query=query)
    assert answer.status == 200
    assert "a-code" not in answer.raw


def test_only_our_files_run(deployed: DeployedFunctions) -> None:
    page = read(deployed, "/console")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    inline = re.findall(r"<script(?! type=\"application/json\")[^>]*>([^<]+)</script>", page.raw)
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inline]
    assert [f"'sha256-{each}'" in policy for each in hashes] == [True]
    assert "style=" not in page.raw


def test_requests_go_to_the_api_the_issuer_and_named_origins_only() -> None:
    policy = service.content_security_policy(CONFIGURATION, "https://bucket.example.com")
    directives = dict(each.split(" ", 1) for each in policy.split("; "))
    assert directives["connect-src"].split() == [
        "'self'",
        "https://issuer.example.com",
        "https://metadata.example.com",
        "https://bucket.example.com",
    ]


def test_a_parameter_cannot_leave_its_element() -> None:
    page = service.page(CONFIGURATION)
    assert "<script>alert" not in page
    assert "\\u003c/script>" in page


def test_everything_together_is_small() -> None:
    sizes = {name: len(gzip.compress(file.content)) for name, file in service.static_files().items()}
    assert sum(sizes.values()) <= BUDGET, sizes


def test_no_file_is_fetched_from_elsewhere() -> None:
    for name, file in service.static_files().items():
        if not name.endswith(".txt") and name not in service.MODULES.values():
            assert re.findall(rb"(?:src|href|url|import)\W{1,3}https?://(?!www\.w3\.org)", file.content) == [], name


def test_the_function_reads_no_secret_and_no_table() -> None:
    templates = Templates(sam_template())
    role = templates.properties("ConsoleFunctionRole")
    variables = templates.properties("ConsoleFunction")["Environment"]["Variables"]
    assert not role.get("Policies")
    assert [name for name in variables if name.endswith("_SECRET_ID")] == []
