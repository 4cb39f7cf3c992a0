"""Where notifications lead in a client: the pages of docs/clients.md, or the paths that the client has instead."""

import re

import pytest

from functions.send_notifications.client_pages import PAGES, located
from local.preview_mail import SAMPLE
from shared.notifications import rendering
from shared.notifications.models import Notice
from tests.notifications.notification_platform import Platform
from tools.transform import ROOT, sam_template

ELSEWHERE = {"/registrations/{id}": "/my/seats/{id}/show", "/payments": "/account#payments"}
PATHS = ",".join(f"{page}={path}" for page, path in ELSEWHERE.items())
SEAT: dict[str, str | int | None] = {
    "eventTitle": "Deep Rust",
    "registrationId": "r-1",
    "amount": 100,
    "currency": "INR",
    "paymentId": "pay_1",
}


def test_the_page_of_the_docs_lists_them() -> None:
    text = (ROOT / "docs" / "clients.md").read_text().partition("## Pages that notifications lead to")[2]
    assert tuple(re.findall(r"^\| `(/[^`]*)` \|", text, re.MULTILINE)) == PAGES


def test_every_text_leads_to_one_of_them_or_to_an_absolute_url() -> None:
    moved = {page: f"/moved{page}" for page in PAGES}
    for template in rendering.templates_of("en"):
        action = rendering.render(template, "en", SAMPLE, time_zone="Asia/Kolkata").action
        assert action is None or located(action.url, moved).startswith(("/moved/", "https://")), template


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/registrations/r-1", "/my/seats/r-1/show"),
        ("/payments", "/account#payments"),
        ("/payments/1", "/payments/1"),
        ("/events/e-1", "/events/e-1"),
        ("https://api.example.com/payments", "https://api.example.com/payments"),
    ],
)
def test_a_page_that_a_client_has_elsewhere_is_there(url: str, path: str) -> None:
    assert located(url, ELSEWHERE) == path


def test_the_parameter_takes_such_paths_and_nothing_else() -> None:
    pattern = sam_template()["Parameters"]["ClientPaths"]["AllowedPattern"]
    assert re.fullmatch(pattern, PATHS)
    assert re.fullmatch(pattern, "")
    for wrong in ("/payments", "payments=/account", "/payments=https://shop.test", f"{PATHS},"):
        assert not re.fullmatch(pattern, wrong), wrong


def test_inbox_and_mail_lead_to_the_clients_own_path(platform: Platform) -> None:
    platform.set(client_paths=PATHS, app_base_url="https://app.example.com")
    platform.enqueue(Notice(platform.person(), "payment_success", "paid:1", SEAT, types=("email", "in_app")))
    platform.post_run()
    [inbox] = platform.rows("select action_url from in_app_notifications")
    assert inbox == {"action_url": "/my/seats/r-1/show"}
    [mail] = platform.mails()
    assert "https://app.example.com/my/seats/r-1/show" in str(mail)
