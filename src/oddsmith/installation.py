"""What is installed here, and whether it works: the facts and the checks of `oddsmith doctor`."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

LEVELS = {4: "x86-64-v4 (AVX-512)", 3: "x86-64-v3 (AVX2)", 1: "x86-64 (SSE2)", 0: "as compiled: one version only"}
FOR_DEVELOPERS = ("dev", "bench")
AGREEMENT = 1e-9  # of coefficients, relative to the largest
_REQUIREMENT = re.compile(r"""([\w.-]+)(?:>=([\w.]+))?[^;]*(?:;.*extra == ['"]([\w-]+)['"])?""")


@dataclass(frozen=True)
class Requirement:
    """A library that the package's metadata ask for: from which version on, for which extra, what is here."""

    name: str
    least: str | None
    extra: str | None
    found: str | None

    @property
    def met(self) -> bool:
        """Whether it is here and recent enough; what an extra asks for may be absent."""
        if self.found is None:
            return self.extra is not None
        return self.least is None or _numbers(self.found) >= _numbers(self.least)


@dataclass(frozen=True)
class Check:
    """Something that must work: what was found and, if it does not, what to do."""

    name: str
    passed: bool
    found: str
    advice: str


@dataclass(frozen=True)
class Installation:
    """What is here.

    Attributes
    ----------
    oddsmith, python : str
        Versions.
    executable : str
        The Python that runs.
    platform : str
    requirements : tuple of Requirement
        Libraries that Oddsmith stands on, and those of its extras.
    facts : dict of str
        The kernels in use, the vector instructions that they chose, their threads, and NumPy's BLAS.
    checks : tuple of Check
    """

    oddsmith: str
    python: str
    executable: str
    platform: str
    requirements: tuple[Requirement, ...]
    facts: dict[str, str]
    checks: tuple[Check, ...]

    @property
    def sound(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return asdict(self) | {"sound": self.sound}


def examine() -> Installation:
    """Look at what is installed, and try it: some small fits, and two files in a temporary folder.

    Checks build on one another, so the first that fails is the last one made.
    """
    needs = requirements()
    checks = [_libraries(needs)]
    for name, (attempt, advice) in ATTEMPTS.items():
        if checks[-1].passed:
            checks.append(_check(name, attempt, advice))
    facts = {"kernels": _kernels, "SIMD": _simd, "threads": _threads, "BLAS": _blas}
    return Installation(
        version("oddsmith"),
        platform.python_version(),
        sys.executable,
        platform.platform(),
        needs,
        {name: _told(fact) for name, fact in facts.items()},
        tuple(checks),
    )


def requirements() -> tuple[Requirement, ...]:
    """What the metadata of the installed package ask for, developers' tools left out."""
    found = []
    for line in requires("oddsmith") or ():
        match = _REQUIREMENT.match(line)
        assert match is not None
        name, least, extra = match.groups()
        if extra not in FOR_DEVELOPERS:
            found.append(Requirement(name, least, extra, _version(name)))
    return tuple(found)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)))


def _libraries(needs: tuple[Requirement, ...]) -> Check:
    bad = [need for need in needs if not need.met]
    if not bad:
        return Check("libraries", True, "all that are needed are here, and recent enough", "")
    found = ", ".join(f"{n.name} is {n.found or 'not installed'}, {n.least or 'any'} is the least" for n in bad)
    return Check("libraries", False, found, "pip install " + " ".join(f"'{n.name}>={n.least or 0}'" for n in bad))


def _check(name: str, attempt: Callable[[], str], advice: str) -> Check:
    try:
        return Check(name, True, attempt(), "")
    except Exception as error:  # whatever it is, it is what a doctor is there to tell
        return Check(name, False, f"{type(error).__name__}: {error}", advice)


def _told(fact: Callable[[], str]) -> str:
    try:
        return fact()
    except Exception as error:
        return f"unknown ({type(error).__name__})"


def _kernels() -> str:
    from oddsmith import kernels

    return next(choice for choice, module in kernels.MODULES.items() if module == kernels.active.__name__)


def _simd() -> str:
    from oddsmith import kernels

    return LEVELS[kernels.simd_level()] if _kernels() == "compiled" else "NumPy's own"


def _threads() -> str:
    from oddsmith import kernels

    return f"up to {kernels.processors()}, one a processor"


def _blas() -> str:
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"


def _kernels_load() -> str:
    from oddsmith import kernels

    kernels.load("compiled")
    slow = "" if _kernels() == "compiled" else ", but ODDSMITH_KERNELS=reference asks for NumPy, which is slow"
    return f"the compiled kernels can be loaded{slow}"


def _kernels_agree() -> str:
    import numpy as np

    from oddsmith import as_source, fit, kernels

    found = []
    for choice in kernels.MODULES:
        with kernels.using(choice):
            found.append(fit(as_source(*_example())).beta)
    gap = float(np.abs(found[0] - found[1]).max() / np.abs(found[1]).max())
    if not gap <= AGREEMENT:
        raise ArithmeticError(f"a fit on the compiled kernels differs from the same on NumPy by {gap:.1e}")
    return f"a fit on the compiled kernels and the same on NumPy agree to {gap:.0e}"


def _a_file_makes_a_model() -> str:
    import numpy as np

    from oddsmith import fit, load, read, save

    X, y = _example()
    with tempfile.TemporaryDirectory() as folder:
        data, model = Path(folder) / "data.csv", Path(folder) / "model.json"
        np.savetxt(data, np.column_stack([X, y]), "%.17g", ",", header="a,b,c,y", comments="")
        result = fit(read(data, target="y"))
        save(result, model)
        same = np.array_equal(load(model).fit.beta, result.beta)
    if not same:
        raise ArithmeticError("a model read back from its file is another one")
    return "a CSV is read and fitted, and the model comes back from its file to the last bit"


def _the_estimator_agrees() -> str:
    import numpy as np

    from oddsmith import LogisticRegression, as_source, fit

    X, y = _example()
    model = LogisticRegression(C=np.inf).fit(X, y)
    if not np.array_equal(model.coef_, fit(as_source(X, y)).beta[:, 1:]):
        raise ArithmeticError("oddsmith.LogisticRegression has other coefficients than oddsmith.fit")
    return "oddsmith.LogisticRegression has the coefficients of oddsmith.fit"


def _example() -> tuple[Any, Any]:
    """500 rows of three columns, and a target that leans on them; the same at every call."""
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    return X, (X @ [1.0, -0.5, 0.0] + rng.logistic(size=500) > 0).astype(int)


ATTEMPTS: dict[str, tuple[Callable[[], str], str]] = {
    "kernels": (_kernels_load, ""),  # its error says what to do
    "agreement": (_kernels_agree, "Please report this, with all that oddsmith doctor prints."),
    "files": (_a_file_makes_a_model, "Install it again: pip install --force-reinstall oddsmith pyarrow"),
    "estimator": (_the_estimator_agrees, "Install it again: pip install --force-reinstall oddsmith scikit-learn"),
}
