"""The contract of a penalty."""

from __future__ import annotations

import reprlib
from typing import Any, ClassVar, Protocol

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError


class Penalty(Protocol):
    """What the coefficients cost. Rows are unknown here.

    A penalty is written for the p columns of X. `bound` turns it into one for the solver's vector, in which the
    intercept, if there is one, stands first and is never penalised, and the columns are standardised. It is then a sum
    over coefficients of t_j |b_j| + c_j b_j^2 / 2, with `thresholds` t and `curvature` c.
    """

    name: ClassVar[str]

    @property
    def smooth(self) -> bool:
        """Whether it has a gradient everywhere: no threshold but 0."""
        ...

    @property
    def factors(self) -> Array | None:
        """Per column; 0 = never penalised. None: all 1."""
        ...

    @property
    def strength(self) -> float:
        """alpha; 0 if nothing is penalised."""
        ...

    def bound(self, scale: Array, *, intercept: bool, outputs: int = 1) -> Penalty:
        """The same penalty on coefficients b = scale * coef of standardised columns, led by a free intercept.

        With several outputs, on as many of these one after another.
        """
        ...

    def value(self, beta: Array) -> float: ...
    def gradient(self, beta: Array) -> Array:
        """t_j sign(b_j) + c_j b_j."""
        ...

    def curvature(self, beta: Array) -> Array:
        """The diagonal of the Hessian of the smooth part."""
        ...

    def thresholds(self, beta: Array) -> Array:
        """By how much each |b_j| is penalised: the gradient of the loss up to which b_j stays exactly 0."""
        ...

    def violation(self, beta: Array, gradient: Array) -> Array:
        """Distance of -gradient (of the loss) to the subdifferential at beta, per coefficient: 0 at an optimum."""
        ...

    def prox(self, beta: Array, step: float) -> Array:
        """The b that minimises |b - beta|^2 / 2 + step * value(b)."""
        ...

    def dual(self, u: Array) -> float:
        """The conjugate, sup of u'b - value(b) over b; infinite where u is beyond the thresholds and nothing curves."""
        ...


def check_alpha(alpha: Any) -> None:
    """Raise SpecificationError unless it is a number >= 0."""
    number = isinstance(alpha, int | float | np.number)
    if not (number and np.isfinite(alpha) and alpha >= 0):
        raise SpecificationError("alpha must be a number >= 0", f"{alpha!r}", "Use alpha=0 for no penalty.")


def check_factors(factors: Any) -> Array:
    """As an array; raise SpecificationError unless they are numbers >= 0, one a column."""
    found = ""
    try:
        checked = np.asarray(factors, dtype=np.float64)
    except (TypeError, ValueError):
        checked, found = np.empty(0), reprlib.repr(factors)
    bad = ~(np.isfinite(checked) & (checked >= 0.0))
    if checked.ndim != 1:
        found = f"an array of shape {checked.shape}"
    elif bad.any():
        found = f"{checked[bad][0]} in place {bad.argmax()}"
    if found:
        advice = "Use 0 for a column that is never penalised."
        raise SpecificationError("factors must be numbers >= 0, one for each column", found, advice)
    return checked


def check_length(factors: Array | None, columns: int) -> None:
    """Raise SpecificationError if there are factors, but not one for each column."""
    if factors is not None and len(factors) != columns:
        found = f"{len(factors)} for {columns} columns"
        advice = "A category has a column for each of its levels: each takes a factor."
        raise SpecificationError("factors must have one entry for each column", found, advice)
