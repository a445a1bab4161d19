"""The logistic loss: binary cross-entropy of the sigmoid of eta."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array


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
    outputs: ClassVar[int] = 1
    kernel: ClassVar[str | None] = "logistic"

    def rows(self, eta: Array, target: Array) -> tuple[Array, Array, Array]:
        """Value, row_gradient and row_hessian of every row."""
        value, gradient, hessian = np.empty((3, len(eta)))
        kernels.logistic_rows(eta, target, value, gradient, hessian)
        return value, gradient, hessian

    def mean(self, eta: Array) -> Array:
        """The sigmoid g(eta), without overflow at any eta."""
        e = np.exp(-np.abs(eta))
        return np.where(eta >= 0, 1.0, e) / (1.0 + e)

    def complement(self, eta: Array) -> Array:
        """1 - g(eta) = g(-eta)."""
        return self.mean(-eta)

    def link(self, mean: float) -> float:
        """The logit log(m / (1 - m)); infinite at 0 and 1."""
        if mean in (0.0, 1.0):
            return math.copysign(math.inf, mean - 0.5)
        return math.log(mean) - math.log1p(-mean)
