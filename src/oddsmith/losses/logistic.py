"""The logistic loss: binary cross-entropy of the sigmoid of eta."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError
from oddsmith.extended import Extended


@dataclass(frozen=True)
class Logistic:
    r"""Binary logistic loss, for a target y in [0, 1].

    .. math:: \ell(\eta, y) = \log(1 + e^{\eta}) - y \eta, \qquad
              \ell' = g(\eta) - y, \qquad \ell'' = g(\eta) (1 - g(\eta)), \qquad g(\eta) = 1 / (1 + e^{-\eta})

    References
    ----------
    McCullagh and Nelder, *Generalized Linear Models*, 2nd ed. (1989), chapter 4.
    """

    name: ClassVar[str] = "logistic"
    kernel: ClassVar[str | None] = "logistic"
    concordance: ClassVar[float] = 1.0
    steepest: ClassVar[float] = 0.25

    @classmethod
    def of(cls, classes: int) -> Self:
        if classes != 2:
            raise SpecificationError("A logistic loss has 2 classes", f"{classes}", "Use 'multinomial' for more.")
        return cls()

    @property
    def outputs(self) -> int:
        return 1

    @property
    def contrasts(self) -> Array:
        return np.ones((1, 1))

    @property
    def flattest(self) -> float:
        return 0.25

    def rows(self, eta: Array, target: Array, order: int = 2) -> tuple[Array, Array, Array]:
        """Value, row_gradient and row_hessian of every row, at any order: together they cost one exp."""
        value, gradient, hessian = np.empty((3, len(eta)))
        kernels.logistic_rows(eta, target, value, gradient, hessian)
        return value, gradient, hessian

    def exact_gradient(self, eta: Extended, target: Array) -> Extended:
        """g(eta) - y in double-double, of shape (n, 1), as eta has."""
        up = eta.hi > 0.0
        e = (-eta).where(up, eta).exp()
        near = e / (e + 1.0)  # the probability of the side that eta speaks against
        miss = np.where(up, 1.0 - target[:, None], target[:, None])
        return (miss - near).where(up, near - miss)

    def total_curvature(self, eta: Array, weight: Array) -> Array:
        """The weighted sum of the row_hessians, of shape (1, 1)."""
        return np.array([[weight @ self.rows(eta, np.zeros_like(eta))[2]]])

    def mean(self, eta: Array) -> Array:
        """The sigmoid g(eta), without overflow at any eta."""
        e = np.exp(-np.abs(eta))
        return np.where(eta >= 0, 1.0, e) / (1.0 + e)

    def complement(self, eta: Array) -> Array:
        """1 - g(eta) = g(-eta)."""
        return self.mean(-eta)

    def probabilities(self, scores: Array) -> Array:
        """Of both classes, of shape (n, 2), each exact in its own tail."""
        return np.column_stack([self.complement(scores), self.mean(scores)])

    def log_probabilities(self, scores: Array) -> Array:
        """Logarithms of `probabilities`, finite in both tails."""
        return -np.column_stack([np.logaddexp(0.0, scores), np.logaddexp(0.0, -scores)])

    def null(self, shares: Array) -> Array:
        """The logit of the share of the positive class."""
        return np.array([self.link(float(shares[1]))])

    def link(self, mean: float) -> float:
        """The logit log(m / (1 - m)); infinite at 0 and 1."""
        if mean in (0.0, 1.0):
            return math.copysign(math.inf, mean - 0.5)
        return math.log(mean) - math.log1p(-mean)
