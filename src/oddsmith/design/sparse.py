"""Rows of a SciPy CSR matrix, standardised by rank-one terms: never made dense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from oddsmith import kernels
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
        """Those stored."""
        return int(self.array.nnz)

    @property
    def cancellation(self) -> float:
        """The largest mean, in standard deviations."""
        return float(np.abs(self.centre / self.scale).max(initial=1.0))

    @property
    def operands(self) -> tuple[Any, ...]:
        """The three arrays of CSR, then centre and scale."""
        return self.array.data, self.array.indices, self.array.indptr, self.centre, self.scale

    def standardised(self, centre: Array, scale: Array) -> Sparse:
        """The same rows on columns (x - centre) / scale."""
        return replace(self, centre=centre, scale=scale)

    def take(self, rows: AnyArray | slice) -> Sparse:
        """Some rows: a view of their entries for a slice of neighbours, a copy for indices."""
        if not isinstance(rows, slice) or rows.step not in (None, 1):
            return replace(self, array=self.array[rows])
        start, stop, _ = rows.indices(self.shape[0])
        begin = self.array.indptr[start : max(start, stop) + 1]
        stored = slice(begin[0], begin[-1])
        parts = self.array.data[stored], self.array.indices[stored], begin - begin[0]
        return replace(self, array=type(self.array)(parts, shape=(len(begin) - 1, self.shape[1])))

    def only(self, columns: AnyArray) -> Sparse:
        """Some columns, copied."""
        data, indices, begin = self.operands[:3]
        place = np.full(self.shape[1], -1, dtype=np.int64)
        place[columns] = np.arange(len(columns))
        start = np.zeros_like(begin)
        threads = kernels.threads_for(self.entries, None)
        kernels.count_sparse(indices, begin, place, start[1:], threads)
        np.cumsum(start, out=start)
        chosen = type(self.array)((self.shape[0], len(columns)), dtype=data.dtype)  # filled here: SciPy would check it
        chosen.data, chosen.indices = np.empty(start[-1], data.dtype), np.empty(start[-1], indices.dtype)
        chosen.indptr = start
        kernels.select_sparse(data, indices, begin, place, start, chosen.indices, chosen.data, threads)
        return Sparse(chosen, self.centre[columns], self.scale[columns])

    def matvec(self, v: Array) -> Array:
        """Z v, for a vector or for the columns of a matrix."""
        u = (v.T / self.scale).T
        out: Array = self.array @ u - self.centre @ u
        return out

    def scores(self, v: Array, threads: int | None = None) -> Array:
        """As matvec for a vector, but for its last bits, on several threads."""
        out = np.zeros(self.shape[0])
        kernels.scores_sparse(*self.operands, np.ascontiguousarray(v), out, kernels.threads_for(self.entries, threads))
        return out

    def dot_rows(self, v: Array) -> Array:
        """As matvec, which sums row by row."""
        return self.matvec(v)

    def rmatvec(self, r: Array) -> Array:
        """Z' r, for a vector or for the columns of a matrix."""
        out: Array = ((self.array.T @ r).T - np.multiply.outer(r.sum(axis=0), self.centre)) / self.scale
        return out.T

    def gram(self, h: Array, columns: AnyArray | None = None) -> Array:
        """Z' diag(h) Z, of all columns or of those named, each once."""
        p = self.shape[1]
        order = np.arange(p) if columns is None else np.argsort(columns)
        chosen = np.arange(p) if columns is None else columns[order]
        place = np.full(p, -1)
        place[chosen] = np.arange(len(chosen))
        plain = np.zeros((len(chosen), len(chosen)))
        kernels.gram_sparse(*self.operands[:3], place, np.ascontiguousarray(h), plain, 1)
        centre, scale = self.centre[chosen], self.scale[chosen]
        cross = np.outer(centre, (self.array.T @ h)[chosen])
        centred = plain + np.triu(h.sum() * np.outer(centre, centre) - cross - cross.T)
        upper = centred / scale / scale[:, None]
        both = upper + np.triu(upper, 1).T
        if columns is None:
            return both
        out = np.empty_like(both)
        out[np.ix_(order, order)] = both
        return out

    def diagonal(self, h: Array) -> Array:
        """The diagonal of Z' diag(h) Z."""
        parts = self.array.data.astype(np.float64) ** 2, self.array.indices, self.array.indptr
        squares = type(self.array)(parts, shape=self.shape)
        centred = squares.T @ h - 2.0 * self.centre * (self.array.T @ h) + self.centre**2 * h.sum()
        return np.maximum(centred, 0.0) / self.scale**2

    def stored(self) -> AnyArray:
        """How many entries each column stores."""
        return np.bincount(self.array.indices, minlength=self.shape[1])

    def columns(self) -> Iterator[tuple[int, AnyArray, Array]]:
        """What each raw column stores."""
        by_column = self.array.tocsc()
        for j, (start, end) in enumerate(pairwise(by_column.indptr)):
            yield j, by_column.indices[start:end], by_column.data[start:end].astype(np.float64)

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
        mean, deviation = np.zeros(self.shape[1]), np.zeros(self.shape[1])
        threads = kernels.threads_for(self.entries, threads)
        total = kernels.moments_sparse(*self.operands[:3], weight, mean, deviation, threads)
        return finite(Moments(total, mean, deviation), self.array)
