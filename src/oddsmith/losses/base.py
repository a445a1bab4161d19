"""The contract of a loss."""

from __future__ import annotations

from typing import ClassVar, Protocol

from oddsmith.arrays import Array


class Loss(Protocol):
    """What one row costs, and its two derivatives, in eta.

    `kernel` names a compiled twin; None loses nothing but speed. `outputs` is the number of linear predictors.
    """

    name: ClassVar[str]
    outputs: ClassVar[int]
    kernel: ClassVar[str | None]

    def rows(self, eta: Array, target: Array) -> tuple[Array, Array, Array]:
        """Value, row_gradient and row_hessian of every row."""
        ...

    def mean(self, eta: Array) -> Array:
        """The expected target: the probability of the positive class."""
        ...

    def complement(self, eta: Array) -> Array:
        """1 - mean, exact where the mean is near 1."""
        ...

    def link(self, mean: float) -> float:
        """The eta whose mean this is."""
        ...
