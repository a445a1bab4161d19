"""A symmetric positive semi-definite matrix, factorised once and applied often: the p x p side of the engine."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import NumericalError

EPSILON = float(np.finfo(float).eps)
RECIPROCAL_CONDITION = 1e-12  # below it Cholesky is not trusted, and the rank is revealed by eigenvalues
FAINT = 1e-28  # of the largest entry of a diagonal: what rounding leaves, squared, where there is nothing


class Factor:
    """H = D C D with a unit diagonal in C, which is factorised: Cholesky, or eigenvalues where C is near singular.

    Parameters
    ----------
    matrix : Array of shape (m, m)
        Symmetric, positive semi-definite up to rounding.

    Attributes
    ----------
    scale : array of shape (m,)
        The diagonal of D; 1 where that of H is nothing but rounding.
    rank : int
        m, unless C is singular to rounding. `solve` then applies the pseudo-inverse of C between two D^-1.
    error : float
        Of C^-1, relative, in its worst direction: rounding times the condition.
    rank_is_sure : bool
        False if an eigenvalue that counts may be nothing but rounding.
    """

    def __init__(self, matrix: Array) -> None:
        if self._is_definite(matrix):
            return
        from scipy.linalg import eigh

        values, vectors = eigh(self._of_unit_diagonal(matrix))
        self._floor = len(matrix) * 8.0 * EPSILON * max(values[-1], 0.0)
        keep = values > self._floor
        self.rank_is_sure = not bool((values[keep] < 16.0 * self._floor).any())
        self.rank = int(keep.sum())
        self._half = vectors[:, keep] / np.sqrt(values[keep])
        self._null = vectors[:, ~keep]
        self.error = EPSILON * float(values[-1] / values[keep].min()) if self.rank else 0.0

    @classmethod
    def of_definite(cls, matrix: Array) -> Factor | None:
        """None where the matrix is singular to rounding: its rank, which takes longest to reveal, is then not asked."""
        factor = cls.__new__(cls)
        return factor if factor._is_definite(matrix) else None

    def _is_definite(self, matrix: Array) -> bool:
        """Factorise; whether that shows that the matrix is not singular to rounding."""
        lapack = _lapack()
        if not np.isfinite(matrix).all():
            raise NumericalError(
                "The Hessian is not finite", "NaN or infinity in it", "Look for extreme values in the data or weights."
            )
        diagonal = np.sqrt(np.maximum(np.diagonal(matrix), 0.0))
        self.scale = np.where(diagonal > np.sqrt(FAINT) * diagonal.max(initial=0.0), diagonal, 1.0)
        unit = self._of_unit_diagonal(matrix)
        self.size = self.rank = len(matrix)
        self.rank_is_sure = True
        self._cholesky: Array | None = None
        self._floor = 1.0
        self.error = 0.0
        norm = lapack.dlange("1", unit.T)
        lower, failed = lapack.dpotrf(unit.T, lower=1, clean=1, overwrite_a=1)
        reciprocal = 0.0 if failed else float(lapack.dpocon(lower, norm, uplo="L")[0])
        if not reciprocal > RECIPROCAL_CONDITION:
            return False
        self._cholesky, self.error = lower, EPSILON / reciprocal
        return True

    def _of_unit_diagonal(self, matrix: Array) -> Array:
        unit: Array = matrix / self.scale
        unit /= self.scale[:, None]
        return unit

    @classmethod
    def of_root(cls, root: Array) -> Factor:
        """Of the H whose inverse is M M', for a square M, or one with rows of zeros where H is 0."""
        factor = cls.__new__(cls)
        (factor.size, factor.rank), factor.rank_is_sure = root.shape, True
        factor.error = 0.0
        factor.scale, factor._cholesky = np.ones(len(root)), None
        factor._half, factor._null, factor._floor = root, np.zeros((len(root), 0)), 1.0
        return factor

    def error_in(self, kind: type[np.floating]) -> float:
        """What `error` is of a matrix that was rounded to this precision."""
        return self.error / EPSILON * float(np.finfo(kind).eps)

    def solve(self, vector: Array) -> Array:
        """H^-1 vector, or H^-1 times each column of a matrix."""
        scaled = (vector.T / self.scale).T
        if self._cholesky is None:
            solved: Array = self._half @ (self._half.T @ scaled)
        else:
            solved = _lapack().dpotrs(self._cholesky, scaled, lower=1)[0]
        return (solved.T / self.scale).T

    @cached_property
    def half(self) -> Array:
        """A matrix M, of shape (m, rank), with M M' = H^-1."""
        if self._cholesky is None:
            return self._half / self.scale[:, None]
        half: Array = _lapack().dtrtri(self._cholesky, lower=1)[0].T
        half /= self.scale[:, None]
        return half

    @cached_property
    def variance(self) -> Array:
        """The diagonal of H^-1."""
        out: Array = np.einsum("ij,ij->i", self.half, self.half)
        return out

    @property
    def lost(self) -> Array:
        """What `half` lacks where H is singular, if curvature is the most that rounding hides: shape (m, m - rank)."""
        return self.null_axes / np.sqrt(self._floor) / self.scale[:, None]

    @cached_property
    def inverse(self) -> Array:
        """H^-1 (its pseudo-inverse on scaled axes where H is singular)."""
        return self.half @ self.half.T

    def unseen(self, vector: Array) -> Array:
        """The part of a vector, on axes scaled to a unit diagonal, that lies where H is singular."""
        out: Array = self.null_axes.T @ (vector / self.scale)
        return out

    def null_part(self, vector: Array) -> Array:
        """The projection of a vector to where H is singular, between two D^-1."""
        out: Array = self.null_axes @ self.unseen(vector) / self.scale
        return out

    @property
    def null_axes(self) -> Array:
        """Orthonormal columns spanning what H does not see, on axes scaled to a unit diagonal."""
        return np.zeros((self.size, 0)) if self._cholesky is not None else self._null


class RoughFactor:
    """The inverse of a matrix in single precision, by Cholesky: of a metric for steps, which proves nothing.

    Parameters
    ----------
    cholesky : array of shape (m, m)
        As LAPACK leaves it.
    """

    def __init__(self, cholesky: AnyArray) -> None:
        self._cholesky = cholesky

    @classmethod
    def of(cls, matrix: AnyArray) -> RoughFactor | None:
        """Of a symmetric matrix; None if that is not positive definite, or too nearly so for single precision."""
        lower, failed = _lapack().spotrf(matrix.astype(np.float32).T, lower=1, clean=1, overwrite_a=1)
        return None if failed else cls(lower)

    def solve(self, vector: Array) -> Array:
        """The inverse times a vector."""
        solved: Array = _lapack().spotrs(self._cholesky, vector.astype(np.float32), lower=1)[0].astype(np.float64)
        return solved

    @cached_property
    def variance(self) -> Array:
        """The diagonal of the inverse."""
        half = _lapack().strtri(self._cholesky, lower=1)[0]
        out: Array = np.einsum("ij,ij->j", half, half, dtype=np.float64)
        return out


@cache
def _lapack() -> Any:
    """SciPy's, loaded when it is needed: a model that only predicts never does."""
    from scipy.linalg import lapack

    return lapack
