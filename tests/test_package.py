import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import oddsmith

HEAVY = {"sklearn", "scipy", "pandas", "pyarrow", "matplotlib", "click"}


def loaded_by(code: str) -> set[str]:
    listing = "\nimport sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code + listing], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import oddsmith", set()),
        ("import oddsmith; oddsmith.load, oddsmith.Model", set()),
        ("import oddsmith; oddsmith.fit, oddsmith.L2, oddsmith.as_source, oddsmith.read", set()),
        ("import oddsmith.cli", {"click"}),
        ("import oddsmith; oddsmith.LogisticRegression", HEAVY),
    ],
)
def test_no_one_pays_for_a_face_that_he_does_not_use(code, allowed):
    assert loaded_by(code) & HEAVY <= allowed


def test_importing_costs_neither_numpy_nor_the_kernels():
    assert "numpy" not in loaded_by("import oddsmith")


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


def test_no_public_name_is_a_modules_name():
    modules = {path.stem for path in Path(oddsmith.__file__).parent.iterdir()}
    assert not modules & set(oddsmith.__all__)


def test_one_version_source():
    assert oddsmith.__version__ == version("oddsmith")


def test_the_package_is_typed():
    folder = Path(oddsmith.__file__).parent
    assert (folder / "py.typed").exists()
    assert (folder / "_kernels.pyi").exists()
