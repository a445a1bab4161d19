import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import oddsmith

HEAVY = {"sklearn", "scipy", "pandas", "pyarrow", "matplotlib", "click", "rich", "narwhals", "formulaic"}


def modules_of(code: str) -> set[str]:
    listing = "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code + listing], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def loaded_by(code: str) -> set[str]:
    return {name.partition(".")[0] for name in modules_of(code)}


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import oddsmith", set()),
        ("import oddsmith; oddsmith.load, oddsmith.Model", set()),
        ("import oddsmith; oddsmith.fit, oddsmith.L2, oddsmith.as_source, oddsmith.read", set()),
        ("import oddsmith.cli", {"click"}),
        ("import oddsmith; oddsmith.LogisticRegression", HEAVY - {"matplotlib"}),
        ("import oddsmith; oddsmith.scratch", HEAVY - {"matplotlib", "click"}),
        ("import oddsmith; oddsmith.plots", {"matplotlib"}),
    ],
)
def test_no_one_pays_for_a_face_that_he_does_not_use(code, allowed):
    assert loaded_by(code) & HEAVY <= allowed


def test_importing_costs_a_few_modules_of_python_and_one_of_its_own():
    added = modules_of("import oddsmith") - modules_of("pass")
    assert {name for name in added if name.partition(".")[0] not in sys.stdlib_module_names} == {"oddsmith"}
    assert len(added) < 60


@pytest.mark.parametrize("name", oddsmith.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(oddsmith, name)
    assert value.__doc__
    assert value.__name__ == name


def test_every_name_has_a_home():
    assert sorted(oddsmith.__all__) == sorted(oddsmith._HOMES) == list(oddsmith._HOMES)
    assert set(oddsmith.__all__) < set(dir(oddsmith))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = oddsmith.nonsense


@pytest.mark.parametrize("name", oddsmith._MODULES)
def test_public_modules_are_there_after_import_oddsmith_alone(name):
    code = f"import oddsmith; print(oddsmith.{name}.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"oddsmith.{name}"
    assert name in dir(oddsmith)


def test_no_public_name_is_a_modules_name():
    modules = {path.stem for path in Path(oddsmith.__file__).parent.iterdir()}
    assert not modules & set(oddsmith.__all__)


def test_one_version_source():
    assert oddsmith.__version__ == version("oddsmith")


def test_the_package_is_typed():
    folder = Path(oddsmith.__file__).parent
    assert (folder / "py.typed").exists()
    assert (folder / "_kernels.pyi").exists()
