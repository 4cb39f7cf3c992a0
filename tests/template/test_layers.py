"""The layers as `sam build` makes them: for both processors, small, compiled, and the same each time."""

import importlib.util
import marshal
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import CodeType

import pytest

from layers.package import compile_bytecode, replace_code, trim
from tools.transform import ROOT

MEGABYTE = 1_000_000
LAYERS = ("common", "documents", "migrations")
MACHINES = {"arm64": b"\xb7\x00", "x86_64": b"\x3e\x00"}
"""e_machine of an ELF header: AArch64 and x86-64."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Each layer for each processor; one line of `sam build`'s Makefile each."""
    folder = tmp_path_factory.mktemp("layers")
    return {(layer, arch): build(layer, arch, folder / layer / arch) for layer in LAYERS for arch in MACHINES}


def build(layer: str, architecture: str, artifacts: Path, root: Path = ROOT) -> Path:
    makefile, target = root / "layers" / layer / "Makefile", f"build-{layer.title()}Layer"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        ["make", "-s", "-f", makefile, target, f"ARTIFACTS_DIR={artifacts}"],
        cwd=root / "layers" / architecture,
        env=os.environ | {"PATH": path},
        check=True,
    )
    return artifacts / "python"


def size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MEGABYTE


def test_the_common_layer_keeps_its_budget(built: dict[tuple[str, str], Path]) -> None:
    assert [size(built["common", arch]) for arch in MACHINES if size(built["common", arch]) > 65] == []


def test_both_layers_together_are_far_from_lambdas_limit(built: dict[tuple[str, str], Path]) -> None:
    assert all(size(built["common", arch]) + size(built["documents", arch]) < 125 for arch in MACHINES)


def test_the_common_layer_trusts_public_authorities_and_amazons_databases(built: dict[tuple[str, str], Path]) -> None:
    for arch in MACHINES:
        trusted = (built["common", arch].parent / "authorities.pem").read_text()
        assert "# Amazon RDS ap-south-1 Root CA RSA2048 G1" in trusted
        assert (built["common", arch] / "certifi" / "cacert.pem").read_text() in trusted


def test_native_modules_are_for_the_chosen_processor(built: dict[tuple[str, str], Path]) -> None:
    for (layer, arch), folder in built.items():
        modules = [path for path in folder.rglob("*.so*") if path.is_file()]
        assert {path.read_bytes()[18:20] for path in modules} == (set() if layer == "migrations" else {MACHINES[arch]})


def test_the_documents_layer_repeats_nothing_of_the_common_one(built: dict[tuple[str, str], Path]) -> None:
    names = [{path.name for path in built[layer, "arm64"].iterdir()} for layer in LAYERS]
    assert names[0] & names[1] == set()


def test_pins_are_the_same_everywhere() -> None:
    development = pins(ROOT / "requirements-dev.txt")
    for layer in LAYERS:
        assert pins(ROOT / "layers" / layer / "requirements.txt") <= development


def pins(lock: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+==\S+)", lock.read_text(), re.MULTILINE))


def test_every_module_has_bytecode_that_is_not_checked_and_names_its_place_on_lambda(
    built: dict[tuple[str, str], Path],
) -> None:
    for folder in built.values():
        for module in folder.rglob("*.py"):
            data = Path(importlib.util.cache_from_source(str(module))).read_bytes()
            assert data[:4] == importlib.util.MAGIC_NUMBER
            assert data[4:8] == b"\x01\x00\x00\x00"  # PEP 552: by hash, unchecked
    code: CodeType = marshal.loads(next(built["common", "arm64"].glob("shared/__pycache__/*.pyc")).read_bytes()[16:])
    assert code.co_filename.startswith("/opt/python/shared/")


def test_the_shared_code_is_in_the_common_layer(built: dict[tuple[str, str], Path]) -> None:
    ours = {path.relative_to(ROOT) for path in (ROOT / "shared").rglob("*") if is_source(path)}
    folder = built["common", "x86_64"]
    assert {path.relative_to(folder) for path in (folder / "shared").rglob("*") if is_source(path)} == ours


def is_source(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (build("common", "x86_64", tmp_path / name) for name in "ab")
    assert contents(first) == contents(second)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
def test_installing_anew_gives_the_same_bytes_too(tmp_path: Path) -> None:
    clones = [tmp_path / name for name in "ab"]
    for clone in clones:
        shutil.copytree(ROOT / "layers", clone / "layers")
    first, second = (build("documents", "x86_64", clone / "artifacts", clone) for clone in clones)
    assert contents(first) == contents(second)


def test_what_nothing_imports_is_left_out(tmp_path: Path) -> None:
    unwanted = ["bin/tool", "a/tests/test_a.py", "a/a.pyi", "fontTools/cu2qu/cu2qu.so", "a-1.dist-info/RECORD"]
    wanted = ["a/a.py", "PIL/_imaging.so", "a-1.dist-info/METADATA", "a-1.dist-info/entry_points.txt"]
    for name in unwanted + wanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    trim(tmp_path)
    assert sorted(contents(tmp_path)) == sorted(wanted)


def test_code_that_was_deleted_is_gone_after_a_rebuild(tmp_path: Path) -> None:
    source, target = tmp_path / "shared", tmp_path / "layer" / "shared"
    source.mkdir()
    (source / "old.py").write_text("A = 1\n")
    replace_code(source, target, target.parent, "/opt/python")
    (source / "old.py").rename(source / "new.py")
    replace_code(source, target, target.parent, "/opt/python")
    assert {path.name.split(".")[0] for path in target.rglob("*.py*")} == {"new"}


def test_code_that_does_not_compile_stops_the_build(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    with pytest.raises(SystemExit, match="does not compile"):
        compile_bytecode(tmp_path, tmp_path, "/opt/python")
    assert "broken.py" in capfd.readouterr().out


def test_the_layers_carry_what_functions_and_documents_need(built: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    """Imported from the layers alone: a connection's library, a PDF with a shaped script, a picture and a QR code."""
    arch = "arm64" if os.uname().machine in {"arm64", "aarch64"} else "x86_64"
    program = (
        "import io, psycopg, pydantic, razorpay, jinja2, jwt, fpdf, segno, uharfbuzz, aws_lambda_powertools\n"
        "import icalendar, shared.config, shared.languages, shared.money, datetime\n"
        "for language in shared.languages.languages():\n"
        "    assert '2026' in shared.languages.format_day(datetime.date(2026, 12, 5), language)\n"
        "    assert '1,234.50' in shared.money.format_amount(123450, 'INR', shared.languages.locale_of(language))\n"
        "from PIL import Image\n"
        "pdf = fpdf.FPDF(); pdf.add_page(); pdf.set_font('helvetica'); pdf.cell(text='x')\n"
        "picture = io.BytesIO(); Image.new('RGB', (9, 9)).save(picture, 'PNG'); pdf.image(picture, w=9)\n"
        "segno.make('https://example.com').save(io.BytesIO(), kind='png')\n"
        "assert bytes(pdf.output()).startswith(b'%PDF')\n"
        "assert psycopg.pq.__impl__ == 'binary'\n"
    )
    environment = {"PYTHONPATH": ":".join(str(built[layer, arch]) for layer in LAYERS), "PATH": os.environ["PATH"]}
    python = subprocess.run(
        [ROOT / "tools" / "python"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    subprocess.run([python, "-s", "-c", program], env=environment, cwd=tmp_path, check=True)
