"""The elastic net, and the lasso, which is one of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError
from oddsmith.penalties.base import check_alpha, check_factors, check_length


class Mixture(ABC):
    """What the two classes below share: everything but their arguments."""

    alpha: float
    factors: Array | None

    @property
    @abstractmethod
    def mixed(self) -> tuple[float, Array | None]:
        """l1_ratio, and the factors of the squares."""

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        ratio = self.mixed[0]
        if not (isinstance(ratio, int | float | np.number) and 0.0 <= ratio <= 1.0):
            raise SpecificationError("l1_ratio must be a number from 0 to 1", f"{ratio!r}", "0: ridge; 1: lasso.")
        if self.factors is not None:
            factors = check_factors(self.factors)
            if len(factors) and not factors.any():
                raise SpecificationError("All factors are 0", "nothing is penalised", "Leave out the penalty.")
            object.__setattr__(self, "factors", factors)

    @property
    def smooth(self) -> bool:
        """Whether no absolute value is in it."""
        return self.mixed[0] == 0.0 or self.alpha == 0.0

    @property
    def strength(self) -> float:
        return float(self.alpha)

    def bound(self, scale: Array, *, intercept: bool, outputs: int = 1) -> ElasticNet:
        """On b = scale * coef: factors f / scale of the absolute values, f / scale^2 of the squares."""
        check_length(self.factors, len(scale))
        own = np.ones(len(scale)) if self.factors is None else self.factors
        factors, squares = np.zeros((2, outputs, intercept + len(scale)))
        factors[:, intercept:], squares[:, intercept:] = own / scale, own / scale**2
        return ElasticNet(self.alpha, self.mixed[0], factors.ravel() if own.any() else None, squares.ravel())

    def thresholds(self, beta: Array) -> Array:
        return np.full(len(beta), self.alpha * self.mixed[0] * (1.0 if self.factors is None else self.factors))

    def curvature(self, beta: Array) -> Array:
        ratio, squares = self.mixed
        return np.full(len(beta), self.alpha * (1.0 - ratio) * (1.0 if squares is None else squares))

    def value(self, beta: Array) -> float:
        return float(np.einsum("i,i->", self.thresholds(beta), np.abs(beta))) + 0.5 * float(
            np.einsum("i,i->", self.curvature(beta), beta**2)
        )

    def gradient(self, beta: Array) -> Array:
        return self.thresholds(beta) * np.sign(beta) + self.curvature(beta) * beta

    def violation(self, beta: Array, gradient: Array) -> Array:
        """|gradient + t sign(b) + c b| where b is not 0, and (|gradient| - t)+ where it is."""
        slope = gradient + self.gradient(beta)
        return np.where(beta != 0.0, np.abs(slope), np.maximum(np.abs(slope) - self.thresholds(beta), 0.0))

    def prox(self, beta: Array, step: float) -> Array:
        """Soft thresholding by step t, then a division by 1 + step c."""
        kept = np.maximum(np.abs(beta) - step * self.thresholds(beta), 0.0)
        return np.copysign(kept, beta) / (1.0 + step * self.curvature(beta))

    def dual(self, u: Array) -> float:
        """The sum of (|u| - t)+^2 / (2 c)."""
        beyond, curvature = np.maximum(np.abs(u) - self.thresholds(u), 0.0), self.curvature(u)
        if (beyond[curvature == 0.0] > 0.0).any():
            return np.inf
        curved = curvature > 0.0
        return 0.5 * float(np.einsum("i,i->", beyond[curved] / curvature[curved], beyond[curved]))


@dataclass(frozen=True)
class ElasticNet(Mixture):
    r"""A mixture of the absolute values of the coefficients and of half their squares.

    .. math:: P(b) = \alpha \sum_j f_j \left( \rho |b_j| + \tfrac{1 - \rho}{2} b_j^2 \right)

    added to the weighted **mean** loss; rho is `l1_ratio`. A coefficient that it sets to zero is exactly zero.
    scikit-learn's C is 1 / (alpha * sum of weights); glmnet calls alpha lambda, and l1_ratio alpha.

    Parameters
    ----------
    alpha : float, default 1.0
        Strength, >= 0.
    l1_ratio : float, default 0.5
        From 0 (ridge) to 1 (lasso).
    factors : array of shape (p,), optional
        f_j >= 0, one for each column; 0 means never penalised. All 1 by default.
    squares : array of shape (p,), optional
        Those of the squares, where they differ: as they do once a penalty on raw columns is seen from scaled ones.

    Raises
    ------
    SpecificationError
        If alpha or a factor is negative or not finite, all factors are 0, or l1_ratio is outside of [0, 1].

    References
    ----------
    Zou and Hastie (2005); Friedman, Hastie and Tibshirani (2010) for the logistic model.
    """

    alpha: float = 1.0
    l1_ratio: float = 0.5
    factors: Array | None = None
    squares: Array | None = field(default=None, repr=False)
    name: ClassVar[str] = "elastic net"

    @property
    def mixed(self) -> tuple[float, Array | None]:
        return self.l1_ratio, self.factors if self.squares is None else self.squares


@dataclass(frozen=True)
class L1(Mixture):
    r"""The lasso: the sum of the absolute values of the coefficients.

    .. math:: P(b) = \alpha \sum_j f_j |b_j|

    added to the weighted **mean** loss. A coefficient that it sets to zero is exactly zero. scikit-learn's C is
    1 / (alpha * sum of weights); glmnet calls alpha lambda.

    Parameters
    ----------
    alpha : float, default 1.0
        Strength, >= 0.
    factors : array of shape (p,), optional
        f_j >= 0, one for each column; 0 means never penalised. All 1 by default.

    Raises
    ------
    SpecificationError
        If alpha or a factor is negative or not finite, or all factors are 0.

    References
    ----------
    Tibshirani (1996).
    """

    alpha: float = 1.0
    factors: Array | None = None
    name: ClassVar[str] = "lasso"

    @property
    def mixed(self) -> tuple[float, Array | None]:
        return 1.0, None
