"""The ridge penalty."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array
from oddsmith.penalties.base import check_alpha, check_factors, check_length


@dataclass(frozen=True)
class L2:
    r"""Ridge: half the sum of squares of the coefficients.

    .. math:: P(b) = \frac{\alpha}{2} \sum_j f_j b_j^2

    added to the weighted **mean** loss, so that alpha keeps its meaning at any number of rows. scikit-learn's C is
    1 / (alpha * sum of weights).

    Parameters
    ----------
    alpha : float, default 1.0
        Strength, >= 0.
    factors : array of shape (p,), optional
        f_j >= 0, one for each column; 0 means never penalised. All 1 by default.

    Raises
    ------
    SpecificationError
        If alpha or a factor is negative or not finite.

    References
    ----------
    Hoerl and Kennard (1970); le Cessie and van Houwelingen (1992) for the logistic model.
    """

    alpha: float = 1.0
    factors: Array | None = None
    name: ClassVar[str] = "ridge"
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        if self.factors is not None:
            object.__setattr__(self, "factors", check_factors(self.factors))

    @property
    def strength(self) -> float:
        return float(self.alpha)

    def bound(self, scale: Array, *, intercept: bool, outputs: int = 1) -> L2:
        """On b = scale * coef the same penalty has factors f / scale^2; the intercept gets 0."""
        check_length(self.factors, len(scale))
        factors = np.zeros((outputs, intercept + len(scale)))
        factors[:, intercept:] = (1.0 if self.factors is None else self.factors) / scale**2
        return L2(self.alpha, factors.ravel())

    @cached_property
    def _weights(self) -> Array | float:
        return self.alpha if self.factors is None else self.alpha * self.factors

    def value(self, beta: Array) -> float:
        return 0.5 * float(np.einsum("i,i->", beta, self._weights * beta))  # no BLAS threads for one product

    def gradient(self, beta: Array) -> Array:
        return self._weights * beta

    def curvature(self, beta: Array) -> Array:
        return np.full(len(beta), self._weights)

    def violation(self, beta: Array, gradient: Array) -> Array:
        """|gradient + alpha f b|."""
        return np.abs(gradient + self.gradient(beta))

    def thresholds(self, beta: Array) -> Array:
        return np.zeros_like(beta)

    def prox(self, beta: Array, step: float) -> Array:
        """Beta / (1 + step alpha f)."""
        return beta / (1.0 + step * self.curvature(beta))

    def dual(self, u: Array) -> float:
        """The sum of u^2 / (2 alpha f)."""
        curvature = self.curvature(u)
        if u[curvature == 0.0].any():
            return np.inf
        held = curvature > 0.0
        return 0.5 * float(np.einsum("i,i->", u[held] / curvature[held], u[held]))
