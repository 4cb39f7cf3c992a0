"""Style rule 17 as functions: what in the source of a project breaks its architecture."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tools.transform import Template

STATEMENT = re.compile(r"\s*(select|insert into|update|delete from|with \w+ as|call|lock table)\s", re.IGNORECASE)
ENVIRONMENT = {"environ", "getenv", "environb"}
SQL_FILES = re.compile(r"db\.py|(\w+_)?queries\.py")


def folders_agree(root: Path, template: Template) -> Iterator[str]:
    """Folders of functions/ = CodeUris of the template = rows of the README's table = folders of events/."""
    functions = folders(root / "functions")
    resources = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    uris = {each["Properties"]["CodeUri"].removeprefix("functions/").rstrip("/") for each in resources}
    places = {"template.yaml": uris, "events/": folders(root / "events"), "README.md": readme_rows(root / "README.md")}
    for place, names in places.items():
        yield from (f"{name} is missing in {place}" for name in sorted(functions - names))
        yield from (f"{name} in {place} is no folder of functions/" for name in sorted(names - functions))


def folders(parent: Path) -> set[str]:
    return {path.name for path in parent.iterdir() if path.is_dir() and path.name != "__pycache__"}


def readme_rows(readme: Path) -> set[str]:
    """First cells of the table below the heading cell `function`; each is a name in backticks."""
    table = re.search(
        r"^\| *function *\|.*\n\|[-| :]+\|\n((?:\|.*\n?)+)", readme.read_text(), re.MULTILINE | re.IGNORECASE
    )
    return set(re.findall(r"^\| *\[?`(\w+)`", table[1], re.MULTILINE)) if table else set()


def handlers_exist(root: Path, template: Template) -> Iterator[str]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            module, function = resource["Properties"]["Handler"].rsplit(".", 1)
            file = root.joinpath(*module.split(".")).with_suffix(".py")
            if not file.exists() or function not in defined(file):
                yield f"{name} has no {module}.{function}"


def defined(file: Path) -> set[str]:
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def handlers_are_invocations(root: Path) -> Iterator[str]:
    """Only what `shared.invocations` surrounds writes what it measures, and one id into every line."""
    for file in sources(root, "functions"):
        functions = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]
        for node in functions:
            if node.name == "lambda_handler" and "invocation" not in map(ast.unparse, node.decorator_list):
                yield f"{file.relative_to(root)} has a handler that is no invocation"


def every_metric_is_measured(root: Path) -> Iterator[str]:
    """Each member of `shared.metrics.Metric` is named where something is measured."""
    metrics = root / "shared" / "metrics.py"
    named = " ".join(file.read_text() for file in sources(root, "functions", "shared") if file != metrics)
    for member in re.findall(r"^    ([A-Z_]+) = ", metrics.read_text(), re.MULTILINE):
        if f"Metric.{member}" not in named:
            yield f"nothing measures {member}"


def functions_import_no_other_function(root: Path) -> Iterator[str]:
    for file in sources(root, "functions"):
        own = f"functions.{file.relative_to(root).parts[1]}"
        for module in imports(file):
            if module.startswith("functions.") and not f"{module}.".startswith(f"{own}."):
                yield f"{file.relative_to(root)} imports {module}"


def shared_imports_no_function(root: Path) -> Iterator[str]:
    for file in sources(root, "shared"):
        for module in imports(file):
            if module.split(".")[0] in {"functions", "local", "tests", "tools"}:
                yield f"{file.relative_to(root)} imports {module}"


def only_config_reads_the_environment(root: Path) -> Iterator[str]:
    for file in sources(root, "functions", "shared"):
        if file.relative_to(root).as_posix() != "shared/config.py":
            names = {node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)}
            if names & ENVIRONMENT or any(module in {"os.environ", "os.getenv"} for module in imports(file)):
                yield f"{file.relative_to(root)} reads the environment"


def only_queries_speak_sql(root: Path) -> Iterator[str]:
    for file in sources(root, "functions", "shared"):
        if not SQL_FILES.fullmatch(file.name):
            for node in literals(ast.parse(file.read_text())):
                if STATEMENT.match(str(node.value)):
                    yield f"{file.relative_to(root)}:{node.lineno} has SQL"


def literals(tree: ast.Module) -> Iterator[ast.Constant]:
    """String constants that are used: a docstring is no statement."""
    unused = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unused:
            yield node


def no_package_files_below_functions(root: Path) -> Iterator[str]:
    return (str(path.relative_to(root)) for path in (root / "functions").rglob("__init__.py"))


def sources(root: Path, *parents: str) -> Iterator[Path]:
    return (file for parent in parents for file in sorted((root / parent).rglob("*.py")))


def imports(file: Path) -> Iterator[str]:
    """Dotted names a file imports; `from a import b` counts as a.b."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
