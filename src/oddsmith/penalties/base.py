"""The contract of a penalty."""

from __future__ import annotations

from typing import ClassVar, Protocol, Self

from oddsmith.arrays import Array


class Penalty(Protocol):
    """What the coefficients cost. Rows are unknown here.

    A penalty is written for the p columns of X. `bound` turns it into one for the solver's vector, in which the
    intercept, if there is one, stands first and is never penalised, and the columns are standardised.
    """

    name: ClassVar[str]
    smooth: ClassVar[bool]

    @property
    def factors(self) -> Array | None:
        """Per column; 0 = never penalised. None: all 1."""
        ...

    @property
    def strength(self) -> float:
        """alpha; 0 if nothing is penalised."""
        ...

    def bound(self, scale: Array, *, intercept: bool, outputs: int = 1) -> Self:
        """The same penalty on coefficients b = scale * coef of standardised columns, led by a free intercept.

        With several outputs, on as many of these one after another.
        """
        ...

    def value(self, beta: Array) -> float: ...
    def gradient(self, beta: Array) -> Array: ...
    def curvature(self, beta: Array) -> Array:
        """The diagonal of the Hessian of the smooth part."""
        ...

    def violation(self, beta: Array, gradient: Array) -> Array:
        """Distance of -gradient (of the loss) to the subdifferential at beta, per coefficient: 0 at an optimum."""
        ...
