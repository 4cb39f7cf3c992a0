"""The document of the pushes says what is pushed, in its schemas and its example."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.send_notifications.models import PushedNotification, PushMessage
from tests.contract import document
from tools.lint_openapi import PUSHES

DOCUMENT: Any = json.loads(PUSHES.read_text())
EXAMPLE: Any = DOCUMENT["components"]["messages"]["notification"]["examples"][0]["payload"]


def faults(message: Any) -> list[str]:
    schema = {"$ref": "#/components/schemas/PushMessage", "components": DOCUMENT["components"]}
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in checker.iter_errors(message)]  # pyright: ignore[reportUnknownVariableType]


@pytest.mark.parametrize("model", [PushMessage, PushedNotification])
def test_the_fields_are_those_of_the_message(model: type[PushMessage | PushedNotification]) -> None:
    documented = DOCUMENT["components"]["schemas"][model.__name__]
    assert list(documented["properties"]) == [field.alias for field in model.model_fields.values()]
    assert documented["required"] == list(documented["properties"])
    assert all(each.get("description") or "$ref" in each for each in documented["properties"].values())


def test_its_version_is_that_of_the_api() -> None:
    assert DOCUMENT["info"]["version"] == document()["info"]["version"]


def test_what_is_pushed_is_what_the_document_says() -> None:
    assert PushMessage.model_validate(EXAMPLE).model_dump(mode="json") == EXAMPLE
    assert faults(EXAMPLE) == []
    assert faults(EXAMPLE | {"event": "payment"})
    assert faults(EXAMPLE | {"notification": EXAMPLE["notification"] | {"createdAt": None}})
