"""Style rule 17 as functions: what in the source of a project breaks its architecture."""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tools.transform import Template

STATEMENT = re.compile(r"\s*(select|insert into|update|delete from|with \w+ as|call|lock table)\s", re.IGNORECASE)
ENVIRONMENT = {"environ", "getenv", "environb"}
PYTHON_FOLDERS = ("functions", "shared", "local", "tools", "benchmarks", "tests")
GENERAL_NAME = re.compile(
    r"(?!Unauthenticated|Feed|Seed)[A-Z][a-z]+ed|Held|Kept|Seen|Noted|Gone|Found|Place|Source|Facts|Figures|Range|Ways|Work"
    r"|Parts?|Party|Rate|Books|Emit|Mishaps|Thing|Stuff|Data|Info|Item|Helper|Helpers|Manager|Util|Utils|Base"
)
"""Names that say nothing to who searches for the thing: bare participles and general words."""
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


def no_module_is_named_like_the_standard_librarys(root: Path) -> Iterator[str]:
    """`from http import ...` beside a module `http` of ours reads as either of them."""
    for file in sources(root, *PYTHON_FOLDERS):
        if file.stem in sys.stdlib_module_names:
            yield f"{file.relative_to(root)} is named like a module of the standard library"


def no_class_has_a_general_name(root: Path) -> Iterator[str]:
    """A class is named by the field's noun, not by a bare participle or a word that could mean anything."""
    for file in sources(root, *PYTHON_FOLDERS):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef) and GENERAL_NAME.fullmatch(node.name.lstrip("_")):
                yield f"{file.relative_to(root)}:{node.lineno} has a class {node.name}"


def no_modules_import_each_other(root: Path) -> Iterator[str]:
    """Modules that need each other, also by way of others, when they are loaded; scripts of pages too."""
    modules = {_dotted(root, file): file for file in sources(root, *PYTHON_FOLDERS)}
    graph = {name: {each for each in _loaded(file) if each in modules} for name, file in modules.items()}
    for script in sorted((root / "local").rglob("*.js")):
        needed = re.findall(r'^import .* from "\./([\w.]+)"', script.read_text(), re.MULTILINE)
        graph[script.name] = set(needed)
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        yield "imported in a circle: " + " -> ".join(error.args[1])


def _dotted(root: Path, file: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _loaded(file: Path) -> Iterator[str]:
    """Modules that a file imports while it is loaded: not inside functions, nor for type checkers only."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named_steps(page: Path) -> list[tuple[str, str]]:
    """The files and functions that numbered steps of a page name: `file` `function`, and further functions of it."""
    found: list[tuple[str, str]] = []
    for line in re.findall(r"^\d+\. .*$", page.read_text(), re.MULTILINE):
        file = ""
        for quoted in re.findall(r"`([^`]+)`", line):
            if "/" in quoted:
                file = quoted
            elif file:
                found.append((file, quoted))
    return found


def missing_steps(root: Path, steps: list[tuple[str, str]]) -> list[str]:
    """The steps whose file or function does not exist."""
    missing: list[str] = []
    for file, function in steps:
        path = root / file
        code = path.read_text() if path.is_file() else ""
        if not re.search(rf"^\s*(?:def|class) {re.escape(function)}\b", code, re.MULTILINE):
            missing.append(f"{file} {function}")
    return missing


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
