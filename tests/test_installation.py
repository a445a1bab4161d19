import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from oddsmith import _reference, installation
from oddsmith.installation import Requirement, examine, requirements

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def test_it_is_sound_here():
    found = examine()
    assert found.sound, [check.found for check in found.checks if not check.passed]
    assert found.oddsmith == version("oddsmith")


def test_the_requirements_are_those_of_the_project():
    asked = [(line, None) for line in PROJECT["dependencies"]]
    extras = PROJECT["optional-dependencies"]
    asked += [(line, extra) for extra, lines in extras.items() if extra not in ("dev", "bench") for line in lines]
    assert sorted((f"{r.name}>={r.least}", r.extra) for r in requirements()) == sorted(asked, key=lambda pair: pair[0])
    assert all(r.found == version(r.name) for r in requirements() if r.found)


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        (Requirement("numpy", "1.26", None, "1.26.0"), True),
        (Requirement("numpy", "1.26", None, "2.0.0rc1"), True),
        (Requirement("numpy", "1.26", None, "1.9.9"), False),
        (Requirement("numpy", "1.26", None, None), False),
        (Requirement("numpy", None, None, "0.1"), True),
        (Requirement("rich", "13", "cli", None), True),
        (Requirement("rich", "13", "cli", "12.9"), False),
    ],
)
def test_a_requirement_is_met_by_what_is_recent_enough(requirement, met):
    assert requirement.met is met


def test_a_library_that_is_too_old_ends_the_examination(monkeypatch):
    monkeypatch.setattr(installation, "requirements", lambda: (Requirement("numpy", "9", None, "2.0"),))
    found = examine()
    assert not found.sound
    assert [(c.name, c.found, c.advice) for c in found.checks] == [
        ("libraries", "numpy is 2.0, 9 is the least", "pip install 'numpy>=9'")
    ]


def test_kernels_that_differ_are_found(monkeypatch):
    def wrong(*arguments):
        value, reach = right(*arguments)
        if arguments[7] is not None:
            arguments[7][1] += 1e-3
        return value, reach

    right = _reference.sweep_logistic_dense
    monkeypatch.setattr(_reference, "sweep_logistic_dense", wrong)
    found = examine()
    assert not found.sound
    assert (found.checks[-1].name, found.checks[-1].passed) == ("agreement", False)
    assert "differs from the same on NumPy by" in found.checks[-1].found
    assert "report" in found.checks[-1].advice


def test_kernels_that_cannot_be_loaded_are_found():
    code = "from oddsmith.installation import examine; last = examine().checks[-1]; print(last.name, last.found)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"ODDSMITH_KERNELS": "gpu"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("kernels ImportError: ODDSMITH_KERNELS is 'gpu'. Set it to one of")


def test_the_facts_follow_the_kernels_in_use(both_kernels):
    facts = examine().facts
    assert facts["kernels"] == both_kernels
    assert (facts["SIMD"] == "NumPy's own") == (both_kernels == "reference")
    assert facts["BLAS"].split()[0] == np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
