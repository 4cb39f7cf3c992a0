"""Every refusal of what is tested here is in the OpenAPI document, with its status."""

import json
from typing import Any

import pytest

from tools.openapi import DOCUMENT

ATTEND = "POST /functions/v1/session-management"
SESSION = "/functions/v1/admin/events/{event_id}/sessions"
RECORDING = "/functions/v1/admin/recordings/{recording_id}"
REFUSALS = {
    ATTEND: {
        403: {"payment_incomplete"},
        404: {"not_registered", "not_checked_in"},
        409: {"event_cancelled", "too_early", "session_over", "checked_out"},
    },
    "POST /functions/v1/feedback": {
        403: {"payment_incomplete"},
        404: {"not_registered"},
        409: {"event_cancelled", "too_early", "feedback_given"},
    },
    "GET /functions/v1/recordings": {403: {"payment_incomplete"}, 404: {"not_registered"}},
    "GET /functions/v1/recordings/{recording_id}/playback": {404: {"not_found"}},
    "PUT /functions/v1/recordings/{recording_id}/position": {404: {"not_found"}},
    f"POST {SESSION}": {
        404: {"not_found"},
        409: {"event_over", "outside_course", "session_overlap", "session_attended"},
    },
    f"PATCH {SESSION}/{{session_id}}": {
        404: {"not_found"},
        409: {"event_over", "outside_course", "session_overlap", "session_attended", "session_over"},
    },
    f"DELETE {SESSION}/{{session_id}}": {
        404: {"not_found"},
        409: {"event_over", "session_attended", "only_session"},
    },
    f"POST {RECORDING}/upload": {404: {"not_found"}, 409: {"no_upload"}},
    f"POST {RECORDING}/complete": {404: {"not_found"}, 409: {"no_upload"}},
    f"PATCH {RECORDING}": {404: {"not_found"}, 409: {"not_uploaded"}},
    "GET /functions/v1/admin/events/{event_id}/attendance": {404: {"not_found"}},
}


@pytest.fixture(scope="module")
def paths() -> dict[str, Any]:
    return json.loads(DOCUMENT.read_text())["paths"]


@pytest.mark.parametrize("route", REFUSALS)
def test_the_document_names_every_refusal(route: str, paths: dict[str, Any]) -> None:
    method, path = route.split()
    responses = paths[path][method.lower()]["responses"]
    documented = {status: set(responses[str(status)]["description"].replace("`", "").split(", "))
                  for status in REFUSALS[route]}  # fmt: skip
    assert documented == REFUSALS[route]
    assert all("application/problem+json" in responses[str(status)]["content"] for status in REFUSALS[route])
