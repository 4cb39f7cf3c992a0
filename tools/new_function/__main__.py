"""A new function that passes every check, to be changed from there: `python -m tools.new_function <name>`.

It answers GET /functions/v1/<name> with the caller's name: a handler, a service, a query, a route, an example
event, a row of the README, a place in the diagram, a caller in the tests of access, and a test.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SKELETON = Path(__file__).parent / "skeleton"
PERMISSIONS = Path("tests/template/permissions.json")
SAMPLE_EVENT = Path("events/waitlist/list.json")


def main(name: str) -> None:
    """Raises SystemExit that says what is wrong with the name, before anything is written."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        sys.exit(f"{name!r} is no name for a function; like these: waitlist, process_refunds")
    if (ROOT / "functions" / name).exists() or f"/functions/v1/{_dashed(name)}\n" in (
        ROOT / "template.yaml"
    ).read_text():
        sys.exit(f"there is a function {name} already")
    written = [*_write_files(name), *_enter_in_lists(name)]
    _regenerate()
    print("\n".join(f"  {path}" for path in written))
    print(f"a function {name}, at GET /functions/v1/{_dashed(name)}; try: .venv/bin/python -m pytest -n 0 tests/{name}")


def _write_files(name: str) -> list[str]:
    files = {
        f"functions/{name}/{file.stem}": _named(file.read_text(), name) for file in (SKELETON / "functions").iterdir()
    }
    files[f"tests/{name}/test_{name}.py"] = _named((SKELETON / "tests" / "test_sample_name.py.txt").read_text(), name)
    sample = (ROOT / SAMPLE_EVENT).read_text()
    files[f"events/{name}/show.json"] = sample.replace("/functions/v1/waitlist", f"/functions/v1/{_dashed(name)}")
    for path, text in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text)
    return sorted(files)


def _enter_in_lists(name: str) -> list[str]:
    block = _named((SKELETON / "template.yaml.txt").read_text(), name)
    output = _named("  SampleNameFunctionName: {Value: !Ref SampleNameFunction}\n", name)
    _edit("template.yaml", "\n  StatusFunction:\n", f"\n{block}  StatusFunction:\n")
    _edit("template.yaml", "\n  StatusFunctionName:", f"\n{output}  StatusFunctionName:")
    _edit("tests/access/routes.py", "    **dict.fromkeys(\n", f'    "{_dashed(name)}": "user",\n    **dict.fromkeys(\n')
    rows = re.findall(r"^\| `\w+` \|.*\n", (ROOT / "README.md").read_text(), re.MULTILINE)
    row = f"| `{name}` | users | shows whom a token stands for |\n"
    after = max((each for each in rows if each < row), default=rows[0])
    _edit("README.md", after, after + row)
    function = _named("SampleNameFunction", name)
    _edit(
        "docs/architecture.md", "    StatusFunction[status]\n", f"    {function}[{name}]\n    StatusFunction[status]\n"
    )
    _edit("docs/architecture.md", " & StatusFunction & ", f" & {function} & StatusFunction & ")
    return ["template.yaml", "README.md", "docs/architecture.md", "tests/access/routes.py"]


def _edit(path: str, old: str, new: str) -> None:
    text = (ROOT / path).read_text()
    if text.count(old) != 1:
        sys.exit(f"{path} no longer has {old.strip()!r} once; tools/new_function has to follow")
    (ROOT / path).write_text(text.replace(old, new))


def _regenerate() -> None:
    """What other files are made of the template and the routers."""
    subprocess.run([sys.executable, "-m", "tools.openapi"], cwd=ROOT, check=True)
    command = [sys.executable, "-m", "tests.template.test_permissions"]
    permissions = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    json.loads(permissions)
    (ROOT / PERMISSIONS).write_text(permissions)


def _named(text: str, name: str) -> str:
    pascal = "".join(word.capitalize() for word in name.split("_"))
    return text.replace("sample_name", name).replace("sample-name", _dashed(name)).replace("SampleName", pascal)


def _dashed(name: str) -> str:
    return name.replace("_", "-")


if __name__ == "__main__":
    main(*sys.argv[1:2] or [""])
