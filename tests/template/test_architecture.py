"""The architecture is a test: the project keeps it, and a planted breach of it is found."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.template import architecture
from tests.template.diagram import DIAGRAM, compared_edges, declared_edges, declared_nodes, edges, nodes
from tests.template.rules import Templates, name
from tools.transform import ROOT, sam_template

Rule = Callable[[Path], Iterator[str]]
HANDLER = '"""Edge."""\n\n\n@invocation\ndef lambda_handler(event, context):\n    return {}\n'
README = "# Demo\n\n| Function | does |\n| --- | --- |\n| `events` | lists |\n\ntext | `other` |\n"
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "EventsFunction": {
            "Type": "AWS::Serverless::Function",
            "Properties": {"CodeUri": "functions/events/", "Handler": "functions.events.handler.lambda_handler"},
        }
    }
}
BREACHES: list[tuple[Rule, str, str]] = [
    (architecture.functions_import_no_other_function, "functions/events/service.py", "from functions.status import x"),
    (
        architecture.functions_import_no_other_function,
        "functions/events/service.py",
        "import functions.events2.service",
    ),
    (architecture.shared_imports_no_function, "shared/db.py", "from functions.events.queries import find"),
    (architecture.only_config_reads_the_environment, "shared/db.py", "import os\nURL = os.environ['URL']"),
    (architecture.only_config_reads_the_environment, "functions/events/service.py", "from os import getenv"),
    (architecture.only_queries_speak_sql, "functions/events/service.py", "x = '''\n  select 1\n'''"),
    (architecture.only_queries_speak_sql, "shared/seats/service.py", "x = 'update registrations set status = 1'"),
    (architecture.no_package_files_below_functions, "functions/events/__init__.py", ""),
    (architecture.no_module_is_named_like_the_standard_librarys, "shared/http.py", ""),
    (architecture.no_module_is_named_like_the_standard_librarys, "tests/seats/platform.py", ""),
    (architecture.no_class_has_a_general_name, "shared/seats/models.py", "class Held: ..."),
    (architecture.no_class_has_a_general_name, "functions/events/models.py", "class Ways: ..."),
    (architecture.no_class_has_a_general_name, "functions/events/models.py", "class _Printed: ..."),
    (architecture.no_modules_import_each_other, "shared/clock.py", "from shared import config\n\nimport shared.clock"),
    (
        architecture.no_modules_import_each_other,
        "functions/events/queries.py",
        "from functions.events import service",
    ),
    (architecture.no_modules_import_each_other, "local/page.js", 'import { view } from "./page.js"\n'),
    (architecture.handlers_are_invocations, "functions/events/job.py", "def lambda_handler(event, context): ..."),
    (architecture.every_metric_is_measured, "shared/metrics.py", "class Metric:\n    SEATS = 1\n    LATE = 2\n"),
]
RULES = {rule for rule, _, _ in BREACHES}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for file, text in {
        "README.md": README,
        "functions/events/handler.py": HANDLER,
        "functions/events/service.py": "from functions.events.queries import find\n",
        "functions/events/queries.py": "FIND = 'select 1'\n",
        "shared/config.py": "import os\nSTAGE = os.environ.get('STAGE')\n",
        "shared/clock.py": '"""Select a clock."""\n',
        "shared/metrics.py": "class Metric:\n    SEATS = 1\n",
        "shared/seats/service.py": "add(Metric.SEATS)\n",
        "events/events/list.json": "{}",
    }.items():
        plant(tmp_path, file, text)
    return tmp_path


def plant(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text)


@pytest.mark.parametrize("rule", sorted(RULES, key=name), ids=name)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize(("rule", "file", "text"), BREACHES)
def test_a_planted_breach_is_found(rule: Rule, file: str, text: str, project: Path) -> None:
    assert list(rule(project)) == []
    plant(project, file, text)
    assert list(rule(project))


def test_every_function_is_in_the_template_the_readme_and_the_events() -> None:
    assert list(architecture.folders_agree(ROOT, sam_template())) == []


def test_every_handler_exists() -> None:
    assert list(architecture.handlers_exist(ROOT, sam_template())) == []


def test_a_function_forgotten_somewhere_is_found(project: Path) -> None:
    assert list(architecture.folders_agree(project, TEMPLATE)) == []
    plant(project, "functions/admin/handler.py", HANDLER)
    plant(project, "events/gone/list.json", "{}")
    assert list(architecture.folders_agree(project, TEMPLATE)) == [
        "admin is missing in template.yaml",
        "admin is missing in events/",
        "gone in events/ is no folder of functions/",
        "admin is missing in README.md",
    ]


def test_a_handler_that_does_not_exist_is_found(project: Path) -> None:
    assert list(architecture.handlers_exist(project, TEMPLATE)) == []
    plant(project, "functions/events/handler.py", "def handler(): ...")
    assert list(architecture.handlers_exist(project, TEMPLATE))


@pytest.fixture(scope="module")
def template() -> Templates:
    return Templates(sam_template())


def test_the_diagram_draws_every_function_queue_and_bucket_and_no_other(template: Templates) -> None:
    assert nodes(DIAGRAM) == declared_nodes(template)


def test_its_arrows_are_what_starts_a_function_and_what_it_may_use(template: Templates) -> None:
    assert compared_edges(DIAGRAM, template) == set(declared_edges(template))


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("WaitlistFunction", "QueueingFunction"),
        ("GenerateCertificatesFunction --> TreeHeadsBucket", "EventsFunction --> TreeHeadsBucket"),
        ("  EventBus --> RecordingUploadsFunction\n", ""),
        ("Scheduler --> ProcessReferralsFunction", "Scheduler --> StatusFunction & ProcessReferralsFunction"),
    ],
)
def test_another_diagram_would_be_found(written: str, instead: str) -> None:
    assert written in DIAGRAM
    other = DIAGRAM.replace(written, instead)
    assert (nodes(other), edges(other)) != (nodes(DIAGRAM), edges(DIAGRAM))


def test_every_step_of_the_paid_seat_exists() -> None:
    steps = architecture.named_steps(ROOT / "docs" / "architecture.md")
    assert len(steps) > 20
    assert architecture.missing_steps(ROOT, steps) == []


@pytest.mark.parametrize(
    "step",
    ["`shared/db.py` `transact_everything`", "`shared/no_such_module.py` `run`", "`functions/registrations` `x`"],
)
def test_a_step_that_does_not_exist_is_found(step: str, tmp_path: Path) -> None:
    (tmp_path / "walk.md").write_text(f"1. A step: {step}.\n")
    assert architecture.missing_steps(ROOT, architecture.named_steps(tmp_path / "walk.md"))


def test_the_glossary_has_at_most_forty_terms() -> None:
    glossary = (ROOT / "docs" / "architecture.md").read_text().split("## Glossary")[1]
    assert 10 < glossary.count("\n| ") - 2 <= 40
