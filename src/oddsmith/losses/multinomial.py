"""The multinomial loss: cross-entropy of the softmax of one score a class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import SpecificationError
from oddsmith.extended import Extended


@dataclass(frozen=True)
class Multinomial:
    r"""Softmax cross-entropy of K >= 3 classes, for a target y in {0, ..., K - 1}.

    .. math:: \ell(s, y) = \log \sum_k e^{s_k} - s_y, \qquad s = Q \eta, \qquad
              \nabla\ell = Q'(q - e_y), \qquad \nabla^2\ell = Q'(\mathrm{diag}(q) - qq')Q, \qquad
              q_k = e^{s_k} / \sum_j e^{s_j}

    Adding a constant to all scores changes nothing, so a row has K - 1 linear predictors eta, and the columns of Q are
    orthonormal contrasts (Helmert's) that sum to zero. Scores then sum to zero over the classes, and a ridge on the
    coefficients of eta is the same ridge on those of the scores.

    Parameters
    ----------
    classes : int
        K.

    References
    ----------
    Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, 2nd ed. (2009), section 4.4.
    """

    classes: int
    name: ClassVar[str] = "multinomial"
    kernel: ClassVar[str | None] = "multinomial"
    concordance: ClassVar[float] = 2.0  # third derivative <= spread of the scores' change * second
    steepest: ClassVar[float] = 0.5

    def __post_init__(self) -> None:
        if self.classes < 3:
            raise SpecificationError("A multinomial loss needs 3 classes", f"{self.classes}", "Use 'logistic' for two.")

    @classmethod
    def of(cls, classes: int) -> Self:
        return cls(classes)

    @property
    def outputs(self) -> int:
        return self.classes - 1

    @property
    def flattest(self) -> float:
        return 1.0 / self.classes

    @cached_property
    def contrasts(self) -> Array:
        """Q, of shape (K, K - 1)."""
        k = np.arange(1, self.classes)
        q = np.triu(np.ones((self.classes, self.classes - 1)))
        q[k, k - 1] = -k
        out: Array = q / np.sqrt(k * (k + 1.0))
        return out

    def rows(self, eta: Array, target: Array, order: int = 2) -> tuple[Array, Array, Array | None]:
        """Value (n,), row_gradient (n, K - 1) and, at order 2, row_hessian (n, K - 1, K - 1) of every row.

        The Hessians are K times the work and the memory of all else: below order 2 there are none.
        """
        n = np.arange(len(eta))
        y = target.astype(np.intp)
        scores = eta @ self.contrasts.T
        top = np.argmax(scores, axis=1)
        shifted = scores - scores[n, top][:, None]
        e = np.exp(shifted)
        others = e.copy()
        others[n, top] = 0.0
        value = np.log1p(others.sum(axis=1)) - shifted[n, y]
        total = 1.0 + others.sum(axis=1)
        q = e / total[:, None]
        miss = q.copy()
        miss[n, y] = 0.0
        miss[n, y] = -miss.sum(axis=1)  # q_y - 1, without cancellation
        gradient = miss @ self.contrasts
        if order < 2:
            return value, gradient, None
        # about its mean, so that the curvature is never negative
        root = np.sqrt(q)[:, :, None] * (self.contrasts - (q @ self.contrasts)[:, None, :])
        return value, gradient, np.matmul(root.transpose(0, 2, 1), root)

    def exact_gradient(self, eta: Extended, target: Array) -> Extended:
        """Q'(q - e_y) in double-double, of shape (n, K - 1), as eta has."""
        scores = _product(eta, self.contrasts.T)
        e = (scores - scores.hi.max(axis=1, keepdims=True)).exp()
        q = e / e.sum(axis=1).reshape(-1, 1)
        return _product(q - (target[:, None] == np.arange(self.classes)), self.contrasts)

    def total_curvature(self, eta: Array, weight: Array) -> Array:
        """The weighted sum of the row_hessians, of shape (K - 1, K - 1)."""
        q = self.probabilities(eta @ self.contrasts.T)
        out: Array = self.contrasts.T @ (np.diag(weight @ q) - q.T @ (weight[:, None] * q)) @ self.contrasts
        return out

    def probabilities(self, scores: Array) -> Array:
        """Softmax of the K scores of every row."""
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        out: Array = e / e.sum(axis=1, keepdims=True)
        return out

    def log_probabilities(self, scores: Array) -> Array:
        """Logarithms of `probabilities`, finite in every tail."""
        shifted = scores - scores.max(axis=1, keepdims=True)
        out: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return out

    def null(self, shares: Array) -> Array:
        """The eta at which every class has its share."""
        out: Array = np.log(shares) @ self.contrasts
        return out


def _product(left: Extended, right: Array) -> Extended:
    """The matrix product."""
    return (left.reshape(len(left.hi), -1, 1) * right).sum(axis=1)
