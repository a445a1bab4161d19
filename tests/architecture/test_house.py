"""The rules of the house, as tests."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "oddsmith"
PYTHON = sorted(PACKAGE.rglob("*.py"))
PAGE = sorted(path for path in (PACKAGE / "learn").iterdir() if path.suffix in (".html", ".css", ".js"))
CODE = [*PYTHON, *PAGE, *sorted((ROOT / "cpp").iterdir()), *sorted((ROOT / "benchmarks").rglob("*.py"))]
OPEN = ["design", "losses", "penalties", "sources", "solvers", "report", "plots"]


@pytest.mark.parametrize("path", CODE, ids=lambda p: p.name)
def test_a_file_stays_under_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_function_stays_under_60_lines_of_code(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            assert node.end_lineno - first.lineno < 60, node.name


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_command_line_prints(path):
    names = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "print" not in names


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_tree_of_tests_is_the_tree_of_source(path):
    relative = path.relative_to(PACKAGE)
    if relative.name in ("__init__.py", "__main__.py") or relative == Path("_reference.py"):
        return  # catalogues; and the twins, which tests/test_kernels.py examines
    contracts = {"losses": "test_loss.py", "penalties": "test_penalty.py"}
    if relative.name == "base.py" and relative.parts[0] in contracts:
        assert (ROOT / "tests" / "contracts" / contracts[relative.parts[0]]).exists()
        return
    assert (ROOT / "tests" / relative.parent / f"test_{relative.stem.lstrip('_')}.py").exists()


@pytest.mark.parametrize("folder", OPEN)
def test_every_file_of_an_open_folder_is_in_its_catalogue(folder):
    catalogue = importlib.import_module(f"oddsmith.{folder}")
    assert catalogue.__doc__.startswith("OPEN")
    assert sorted(catalogue.__all__, key=str.lower) == sorted(set(catalogue.__all__), key=str.lower)
    source = (PACKAGE / folder / "__init__.py").read_text()
    for path in (PACKAGE / folder).glob("*.py"):
        assert path.stem == "__init__" or f"oddsmith.{folder}.{path.stem} import" in source


def test_every_command_has_its_file_and_every_file_of_commands_its_place():
    from oddsmith import cli

    assert cli.__doc__.startswith("OPEN")
    shared = {"__init__", "exits", "options", "output", "progress"}
    assert {path.stem for path in (PACKAGE / "cli").glob("*.py")} == shared | set(cli.COMMANDS)


def test_nanobind_is_included_once():
    for path in (ROOT / "cpp").iterdir():
        assert ("#include <nanobind" in path.read_text()) == (path.name == "arguments.hpp")


def test_no_shortcut_through_the_arithmetic():
    assert "-ffast-math" not in re.sub(r"#.*", "", (ROOT / "CMakeLists.txt").read_text())


def test_the_stub_says_what_the_extension_says():
    from oddsmith import _reference, kernels

    stub = ast.parse((PACKAGE / "_kernels.pyi").read_text())
    functions = {node.name: [a.arg for a in node.args.args] for node in stub.body if isinstance(node, ast.FunctionDef)}
    compiled = kernels.load("compiled")
    assert set(functions) == {name for name in dir(compiled) if not name.startswith("_")}
    for name, arguments in functions.items():
        twin = getattr(_reference, name)
        assert list(twin.__code__.co_varnames[: twin.__code__.co_argcount]) == arguments
        signature = getattr(compiled, name).__doc__.splitlines()[0]
        assert re.findall(r"(\w+): ", signature) == arguments


def test_imports_go_down_the_floors():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_architecture_has_a_line_for_every_file():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for path in [*PYTHON, *PAGE, *(ROOT / "cpp").iterdir()]:
        if path.name not in ("__init__.py", "base.py"):
            assert f"`{path.name}`" in text, path
    assert len(text.splitlines()) <= 150


def test_make_help_lists_every_verb():
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    verbs = {line.split()[0] for line in done.stdout.splitlines()}
    assert {"help", "dev", "test", "fast", "lint", "types", "arch", "cpp", "bench", "demo", "docs", "wheel"} <= verbs


def test_nothing_committed_knows_this_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png",):
            assert str(ROOT.parent) + "/" not in path.read_text(errors="ignore"), name
            assert path.stat().st_size < 500_000, name
