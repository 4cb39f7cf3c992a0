"""What docs/ says about the template is so."""

import re

import pytest

from shared.webhooks.models import DISPUTE_EVENTS, PAYMENT_EVENTS
from tests.template.rules import Templates
from tools.deploy import CONFIG, chosen, problems
from tools.transform import ROOT, sam_template

DOCS = ROOT / "docs"
OF_COGNITO = {
    *("AuthenticationResult", "RefreshToken", "AccessToken", "ClientMetadata"),
    *("UsernameExistsException", "NotAuthorizedException", "InvalidPasswordException", "CodeMismatchException"),
    *("UserNotConfirmedException", "LimitExceededException", "ExpiredCodeException"),
}


@pytest.fixture(scope="module")
def template() -> Templates:
    return Templates(sam_template())


def test_the_documents_name_only_parameters_outputs_and_files_that_exist(template: Templates) -> None:
    known = template.sam["Parameters"].keys() | template.sam["Outputs"].keys() | template.sam["Resources"].keys()
    for document in DOCS.glob("*.md"):
        text = document.read_text()
        names = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:=[^`]*)?`", text))
        assert names - OF_COGNITO <= known, document.name
        paths = re.findall(r"`((?:docs|sql|tools|tests|functions|local)/[\w./]+)`", text)
        assert [path for path in paths if not (ROOT / path).exists()] == [], document.name


def test_razorpays_dashboard_is_asked_for_the_events_that_the_platform_handles() -> None:
    text = (DOCS / "deploying.md").read_text()
    assert set(re.findall(r"\b(?:payment|order|refund)\.(?:dispute\.)?[a-z_]+\b", text)) == {
        *PAYMENT_EVENTS,
        *DISPUTE_EVENTS,
    }


def test_what_make_deploy_says_first_is_what_the_page_shows() -> None:
    said = [line for line in problems(sam_template(), chosen(CONFIG.read_text(), "prod")) if line]
    assert all(f"    - {line}\n" in (DOCS / "deploying.md").read_text() for line in said)
