"""Rows of a SciPy CSR matrix, standardised by rank-one terms: never made dense."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design.base import PANEL_BYTES, Moments, finite, square_norms


@dataclass(frozen=True)
class Sparse:
    """A SciPy CSR matrix, standardised by rank-one terms: never made dense but for its p x p Gram matrix."""

    array: Any
    centre: Array
    scale: Array
    kind: ClassVar[str] = "sparse"

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    @property
    def entries(self) -> int:
        return int(self.array.nnz)

    @property
    def operands(self) -> tuple[Any, ...]:
        """The three arrays of CSR, then centre and scale."""
        return self.array.data, self.array.indices, self.array.indptr, self.centre, self.scale

    def standardised(self, centre: Array, scale: Array) -> Sparse:
        """The same rows on columns (x - centre) / scale."""
        return replace(self, centre=centre, scale=scale)

    def take(self, rows: AnyArray | slice) -> Sparse:
        """Some rows, copied."""
        return replace(self, array=self.array[rows])

    def matvec(self, v: Array) -> Array:
        """Z v, for a vector or for the columns of a matrix."""
        u = (v.T / self.scale).T
        out: Array = self.array @ u - self.centre @ u
        return out

    def dot_rows(self, v: Array) -> Array:
        """As matvec, which sums row by row."""
        return self.matvec(v)

    def magnitude(self, v: Array) -> Array:
        """|X| |v| + |centre| |v|, scaled: what the rounding of Z v is relative to."""
        u = np.abs(v / self.scale)
        out: Array = abs(self.array) @ u + np.abs(self.centre) @ u
        return out

    def rmatvec(self, r: Array) -> Array:
        """Z' r, for a vector or for the columns of a matrix."""
        out: Array = ((self.array.T @ r).T - np.multiply.outer(r.sum(axis=0), self.centre)) / self.scale
        return out.T

    def gram(self, h: Array) -> Array:
        """Z' diag(h) Z."""
        weighted = self.array.multiply(h[:, None]).tocsr()
        plain = (self.array.T @ weighted).toarray()
        cross = np.outer(self.centre, self.array.T @ h)
        centred = plain - cross - cross.T + h.sum() * np.outer(self.centre, self.centre)
        out: Array = centred / self.scale / self.scale[:, None]
        return out

    def norms(self, half: Array | None = None) -> Array:
        """|[1, z] half|^2 of every row; half is the identity if None."""
        if half is None:
            empty = self.centre / self.scale
            value, column = self.array.data.astype(np.float64), self.array.indices
            change = ((value - self.centre[column]) / self.scale[column]) ** 2 - empty[column] ** 2
            row = np.repeat(np.arange(self.shape[0]), np.diff(self.array.indptr))
            return 1.0 + empty @ empty + np.bincount(row, change, self.shape[0])
        columns = half[1:] / self.scale[:, None]
        base = half[0] - self.centre @ columns
        rows = max(1, PANEL_BYTES // (8 * max(1, half.shape[1])))
        out = np.empty(self.shape[0])
        for start in range(0, self.shape[0], rows):
            part = slice(start, start + rows)
            out[part] = square_norms(self.array[part] @ columns + base)
        return out

    def moments(self, weight: Array | None, threads: int | None = None) -> Moments:
        """Moments of the raw columns, the zeros counted; raises DataError if an entry is NaN or infinite."""
        rows, p = self.shape
        w = np.ones(rows) if weight is None else weight
        total = float(w.sum())
        if total == 0.0:
            return finite(Moments(0.0, np.zeros(p), np.zeros(p) * self.array.data.sum()), self.array)
        entry_weight = np.repeat(w, np.diff(self.array.indptr))
        column, value = self.array.indices, self.array.data.astype(np.float64)
        stored = np.bincount(column, entry_weight, p)
        with np.errstate(invalid="ignore"):  # an infinity is found, and told of, below
            mean = np.bincount(column, entry_weight * value, p) / total
            # once more about that mean: a constant column must come out as one
            mean += (np.bincount(column, entry_weight * (value - mean[column]), p) - (total - stored) * mean) / total
            spread = np.bincount(column, entry_weight * (value - mean[column]) ** 2, p)
        return finite(Moments(total, mean, spread + np.maximum(total - stored, 0.0) * mean**2), self.array)
