"""The contract of a loss."""

from __future__ import annotations

from typing import ClassVar, Protocol, Self

from oddsmith.arrays import Array
from oddsmith.extended import Extended


class Loss(Protocol):
    """What one row costs, and its derivatives in its linear predictors eta.

    With one output eta has shape (n,), and so have the scores that a model predicts. With more, eta has shape
    (n, outputs), and a class has a score of its own: scores = eta contrasts'.

    Attributes
    ----------
    name : str
    kernel : str or None
        A compiled twin; None loses nothing but speed.
    outputs : int
        Linear predictors of a row.
    contrasts : array of shape (classes, outputs), or (1, 1)
        From eta to scores, with orthonormal columns.
    concordance : float
        Along every line the third derivative is at most sqrt(concordance) |change of eta| times the second: what proofs
        of optimality rest on.
    flattest, steepest : float
        The curvature at eta = 0, in every direction; and the largest anywhere.
    """

    name: ClassVar[str]
    kernel: ClassVar[str | None]
    concordance: ClassVar[float]
    steepest: ClassVar[float]

    @classmethod
    def of(cls, classes: int) -> Self:
        """The loss for so many classes."""
        ...

    @property
    def outputs(self) -> int: ...
    @property
    def contrasts(self) -> Array: ...
    @property
    def flattest(self) -> float: ...

    def rows(self, eta: Array, target: Array, order: int = 2) -> tuple[Array, Array, Array | None]:
        """Value, row_gradient and row_hessian of every row; the last may be None below order 2."""
        ...

    def exact_gradient(self, eta: Extended, target: Array) -> Extended:
        """row_gradient in double-double, of shape (n, outputs), as eta has."""
        ...

    def total_curvature(self, eta: Array, weight: Array) -> Array:
        """The weighted sum of the row_hessians, of shape (outputs, outputs)."""
        ...

    def probabilities(self, scores: Array) -> Array:
        """Of every class, of shape (n, classes), each exact in its own tail."""
        ...

    def log_probabilities(self, scores: Array) -> Array:
        """Logarithms of `probabilities`, finite in every tail."""
        ...

    def null(self, shares: Array) -> Array:
        """The eta, of shape (outputs,), at which every class has its share."""
        ...
