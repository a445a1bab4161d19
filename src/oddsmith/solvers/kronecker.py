"""The Hessian of several outputs as a Kronecker product: curvature between outputs times second moments of columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import Array
from oddsmith.factor import Factor


@dataclass(frozen=True)
class Kronecker:
    r"""The inverse of A (x) G + D, D being diagonal and the same along every eigenvector of A.

    The Hessian of softmax is the mean of :math:`h_i \otimes z_i z_i'`. With the mean of h_i for A, and that of
    :math:`z_i z_i'` for G, the product is right where the two do not depend on one another. On the eigenvectors of A
    the outputs come apart, and each has a matrix of its own to solve with: :math:`a_j G + D`.

    Attributes
    ----------
    axes : array of shape (outputs, outputs)
        Eigenvectors of A.
    factors : tuple of Factor
        Of a_j G + D.
    """

    axes: Array
    factors: tuple[Factor, ...]

    @classmethod
    def of(cls, between: Array, moments: Array, curvature: Array) -> Kronecker:
        """From A, G, and the diagonal D: the penalty's curvature, a row for each output, which are much the same."""
        values, axes = np.linalg.eigh(between)
        diagonals = (axes**2).T @ curvature
        sizes = np.maximum(values, 1e-8 * values[-1])
        return cls(axes, tuple(Factor(a * moments + np.diag(d)) for a, d in zip(sizes, diagonals, strict=True)))

    @property
    def variance(self) -> Array:
        """The diagonal of (A (x) G + D)^-1."""
        out: Array = (self.axes**2 @ [factor.variance for factor in self.factors]).ravel()
        return out

    def solve(self, vector: Array) -> Array:
        """(A (x) G + D)^-1 vector, for the coefficients of one output after another."""
        turned = self.axes.T @ vector.reshape(len(self.axes), -1)
        solved = np.array([factor.solve(part) for factor, part in zip(self.factors, turned, strict=True)])
        out: Array = (self.axes @ solved).ravel()
        return out
