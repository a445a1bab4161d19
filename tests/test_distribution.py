"""What is handed out: a wheel that needs no compiler, and an sdist that needs nothing but one."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = {
    path.relative_to(ROOT / "src").as_posix()
    for path in (ROOT / "src").rglob("*")
    if path.suffix in (".py", ".pyi", ".typed", ".html", ".css", ".js")
}
NO_COMPILER = {"PATH": "/nonexistent", "CC": "/nonexistent", "CXX": "/nonexistent"}


def call(*command, **settings):
    """Run a command that must succeed; returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder, *options):
    call(sys.executable, "-m", "build", "--no-isolation", *options, "-o", folder, ROOT)


def works_in_a_bare_environment(folder, package, *options, **environment):
    """Install into a new environment that has nothing, not even pip; run the demo and the doctor, from elsewhere."""
    bare = folder / "bare" / "bin"
    call(sys.executable, "-m", "venv", "--without-pip", bare.parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ODDSMITH"))}
    install = ["--python", bare / "python", "install", "--no-compile", "-q", *options, package]
    call(sys.executable, "-m", "pip", *install, env=kept | environment)
    call(bare / "oddsmith", "demo", env=NO_COMPILER, cwd=folder)
    call(bare / "oddsmith", "learn", "--no-open", env=NO_COMPILER, cwd=folder)
    told = json.loads(call(bare / "oddsmith", "doctor", "--json", env=NO_COMPILER, cwd=folder))
    return told["facts"]["kernels"] == "compiled" and Path(told["executable"]).is_relative_to(bare)


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_needs_no_compiler(tmp_path):
    build(tmp_path)  # of the sdist, which so proves to be whole
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    extension = {name for name in names if re.fullmatch(r"oddsmith/_kernels\.\S+\.so", name)}
    about = {name for name in names if ".dist-info/" in name}
    assert len(extension) == 1
    assert names - about - extension == PACKAGE
    assert any(name.endswith("/LICENSE") for name in about)
    assert {"oddsmith/py.typed", "oddsmith/_kernels.pyi"} < names
    assert works_in_a_bare_environment(tmp_path, wheel, "--only-binary", ":all:", **NO_COMPILER)


@pytest.mark.slow
def test_the_sdist_holds_what_it_takes_and_no_more(tmp_path):
    build(tmp_path, "--sdist")
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kernels = {f"cpp/{path.name}" for path in (ROOT / "cpp").iterdir()}
    about = {"CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PKG-INFO"}
    assert names == {f"src/{name}" for name in PACKAGE} | kernels | about
    assert works_in_a_bare_environment(tmp_path, sdist)
