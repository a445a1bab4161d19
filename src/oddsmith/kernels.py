"""Chooses the compiled kernels or their NumPy twins; the only importer of the extension.

`ODDSMITH_KERNELS=reference` forces the twins. There is no silent fallback: without the extension, and without that
variable, importing this module fails and says what to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

MODULES = {"compiled": "oddsmith._kernels", "reference": "oddsmith._reference"}


def load(choice: str) -> ModuleType:
    """The module of kernels named "compiled" or "reference"."""
    if choice not in MODULES:
        raise ImportError(f"ODDSMITH_KERNELS is {choice!r}. Set it to one of: {', '.join(MODULES)}.")
    try:
        return import_module(MODULES[choice])
    except ImportError as error:
        raise ImportError(
            f"The compiled kernels of oddsmith cannot be loaded: {error}. "
            "Install the package again, or set ODDSMITH_KERNELS=reference to run, slowly, on NumPy alone."
        ) from error


active = load(os.environ.get("ODDSMITH_KERNELS") or "compiled")


def sweep_for(loss: str | None, design: str) -> Callable[..., Any] | None:
    """The fused pass for a loss (its `kernel`) over a design (its `kind`), or None if there is none."""
    found: Callable[..., Any] | None = getattr(active, f"sweep_{loss}_{design}", None)
    return found


def rough_for(loss: str | None, design: str) -> Callable[..., None] | None:
    """A Hessian in single precision for a loss over a design, or None; see `_reference.rough_logistic_dense`."""
    found: Callable[..., None] | None = getattr(active, f"rough_{loss}_{design}", None)
    return found


def newton_for(loss: str | None, design: str) -> Callable[..., tuple[int, int, float, float]] | None:
    """Newton's method for a loss over a design, or None; see `_reference.newton_logistic_dense`."""
    found: Callable[..., tuple[int, int, float, float]] | None = getattr(active, f"newton_{loss}_{design}", None)
    return found


def exact_for(verb: str, design: str) -> Callable[..., None] | None:
    """The product in double-double, "scores" or "slopes", with a design (its `kind`), or None if there is none."""
    found: Callable[..., None] | None = getattr(active, f"exact_{verb}_{design}", None)
    return found


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_for(entries: int, asked: int | None) -> int:
    """Threads worth starting for a pass over so many entries of X: one below about 50 microseconds of work."""
    return 1 if entries < 200_000 else (asked or processors())


def moments_dense(*arguments: Any) -> float:
    """Weighted column means and sums of squared deviations; see `_reference.moments_dense`."""
    return float(active.moments_dense(*arguments))


def moments_sparse(*arguments: Any) -> float:
    """The same for rows in compressed form; see `_reference.moments_sparse`."""
    return float(active.moments_sparse(*arguments))


def count_sparse(*arguments: Any) -> None:
    """How many entries of each compressed row are in some columns; see `_reference_copies.count_sparse`."""
    active.count_sparse(*arguments)


def select_sparse(*arguments: Any) -> None:
    """The entries of compressed rows in some columns; see `_reference_copies.select_sparse`."""
    active.select_sparse(*arguments)


def gram_sparse(*arguments: Any) -> None:
    """X' diag(h) X among some columns of rows in compressed form; see `_reference.gram_sparse`."""
    active.gram_sparse(*arguments)


def gram_codes(*arguments: Any) -> None:
    """[1, Z]' diag(h) [1, Z] of codes; see `_reference.gram_codes`."""
    active.gram_codes(*arguments)


def descend(*arguments: Any) -> int:
    """Coordinate descent on a quadratic plus absolute values; see `_reference_descent.descend`."""
    return int(active.descend(*arguments))


def add_products(*arguments: Any) -> None:
    """Left'right, added to a square matrix; see `_reference_descent.add_products`."""
    active.add_products(*arguments)


def reduced_hessian(*arguments: Any) -> None:
    """A sum of Hessians, the intercept eliminated; see `_reference_models.reduced_hessian`."""
    active.reduced_hessian(*arguments)


def proximal_newton(*arguments: Any) -> None:
    """Steps of several problems on the same rows; see `_reference_models.proximal_newton`."""
    active.proximal_newton(*arguments)


def gather_dense(*arguments: Any) -> None:
    """Some columns, copied; see `_reference_copies.gather_dense`."""
    active.gather_dense(*arguments)


def standardise_dense(*arguments: Any) -> None:
    """Some columns, copied, standardised; see `_reference_copies.standardise_dense`."""
    active.standardise_dense(*arguments)


def standardise_stored(*arguments: Any) -> None:
    """The same for columns in compressed form; see `_reference_copies.standardise_stored`."""
    active.standardise_stored(*arguments)


def scores_dense(*arguments: Any) -> None:
    """Z v; see `_reference_slopes.scores_dense`."""
    active.scores_dense(*arguments)


def scores_sparse(*arguments: Any) -> None:
    """The same for rows in compressed form; see `_reference_slopes.scores_sparse`."""
    active.scores_sparse(*arguments)


def slopes_dense(*arguments: Any) -> None:
    """Z'R for several right-hand sides; see `_reference_slopes.slopes_dense`."""
    active.slopes_dense(*arguments)


def slopes_among(*arguments: Any) -> None:
    """The same of some columns that stand one after another; see `_reference_slopes.slopes_among`."""
    active.slopes_among(*arguments)


def slopes_stored(*arguments: Any) -> None:
    """The same of columns in compressed form, not standardised; see `_reference_slopes.slopes_stored`."""
    active.slopes_stored(*arguments)


def logistic_rows(*arguments: Any) -> None:
    """Value, row_gradient and row_hessian of the logistic loss; see `_reference.logistic_rows`."""
    active.logistic_rows(*arguments)


@contextmanager
def using(choice: str) -> Iterator[None]:
    """Run on the kernels named "compiled" or "reference" for a while; for checks, as all threads are concerned."""
    global active  # noqa: PLW0603
    before, active = active, load(choice)
    try:
        yield
    finally:
        active = before


def simd_level() -> int:
    """The x86-64 level of the vector instructions in use: 4, 3 or 1; 0 where there was nothing to choose."""
    return int(active.simd_level())
