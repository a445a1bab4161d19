"""One block's X: dense or sparse, seen through standardised columns z = (x - centre) / scale.

The engine asks four things of it: matvec (Z v), rmatvec (Z' r), gram (Z' diag(h) Z) and the squared row norms of
[1, Z] M. Standardising is a view: the user's array is never copied or changed. A constant column has scale
infinity, so that its z is exactly 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array, first_not_finite, is_sparse
from oddsmith.errors import DataError

PANEL_BYTES = 1 << 21


@dataclass(frozen=True)
class Moments:
    """Weighted mean and sum of squared deviations of each column. Adds up over blocks."""

    weight: float
    mean: Array
    deviation: Array

    def __add__(self, other: Moments) -> Moments:
        total = self.weight + other.weight
        if total == 0.0:
            return self
        gap = other.mean - self.mean
        return Moments(
            total,
            self.mean + gap * (other.weight / total),
            self.deviation + other.deviation + gap**2 * (self.weight * other.weight / total),
        )

    def scale(self, *, centred: bool) -> Array:
        """The root mean square of each column, about its mean if `centred`; infinite for a column of no spread."""
        square = np.maximum(self.deviation, 0.0) / self.weight + (0.0 if centred else self.mean**2)
        noise = 16.0 * np.finfo(float).eps * np.abs(self.mean)
        root = np.sqrt(square)
        return np.where(root > noise, root, np.inf)


class Design(Protocol):
    """What the engine asks of a block's X."""

    kind: ClassVar[str]

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def operands(self) -> tuple[Any, ...]:
        """What a compiled sweep over this kind of design is given first."""
        ...

    def standardised(self, centre: Array, scale: Array) -> Self: ...
    def take(self, rows: AnyArray | slice) -> Self: ...
    def matvec(self, v: Array) -> Array: ...
    def magnitude(self, v: Array) -> Array: ...
    def rmatvec(self, r: Array) -> Array: ...
    def gram(self, h: Array) -> Array: ...
    def norms(self, half: Array | None = None) -> Array: ...
    def moments(self, weight: Array | None, threads: int | None = None) -> Moments: ...


@dataclass(frozen=True)
class Dense:
    """A float32 or float64 array in row- or column-major order. Every verb works on panels in float64."""

    array: AnyArray
    centre: Array
    scale: Array
    kind: ClassVar[str] = "dense"

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    @property
    def operands(self) -> tuple[AnyArray, Array, Array]:
        """X, centre and scale."""
        return self.array, self.centre, self.scale

    def standardised(self, centre: Array, scale: Array) -> Dense:
        """The same rows on columns (x - centre) / scale."""
        return replace(self, centre=centre, scale=scale)

    def take(self, rows: AnyArray | slice) -> Dense:
        """Some rows: a view for a slice, a copy for indices."""
        return replace(self, array=self.array[rows])

    def _panels(self) -> Iterator[tuple[slice, Array]]:
        rows = max(1, PANEL_BYTES // (8 * max(1, self.shape[1])))
        for start in range(0, self.shape[0], rows):
            part = slice(start, start + rows)
            rows_of_part = self.array[part].astype(np.float64, order="C")  # so that no bit depends on the layout
            yield part, (rows_of_part - self.centre) / self.scale

    def matvec(self, v: Array) -> Array:
        """Z v, for a vector or for the columns of a matrix."""
        out = np.empty((self.shape[0], *v.shape[1:]))
        for part, z in self._panels():
            out[part] = z @ v
        return out

    def dot_rows(self, v: Array) -> Array:
        """As matvec, but a row has the same bits whichever rows are beside it."""
        out = np.empty((self.shape[0], *v.shape[1:]))
        for part, z in self._panels():
            for k in np.ndindex(v.shape[1:]):
                out[(part, *k)] = np.einsum("ij,j->i", z, np.ascontiguousarray(v[(slice(None), *k)]))
        return out

    def magnitude(self, v: Array) -> Array:
        """|Z| |v|: what the rounding of Z v is relative to."""
        out = np.empty(self.shape[0])
        for part, z in self._panels():
            out[part] = np.abs(z) @ np.abs(v)
        return out

    def rmatvec(self, r: Array) -> Array:
        """Z' r, for a vector or for the columns of a matrix."""
        total = np.zeros((*r.shape[1:], self.shape[1]))
        return sum((r[part].T @ z for part, z in self._panels()), total).T

    def gram(self, h: Array) -> Array:
        """Z' diag(h) Z."""
        p = self.shape[1]
        return sum((z.T @ (h[part, None] * z) for part, z in self._panels()), np.zeros((p, p)))

    def norms(self, half: Array | None = None) -> Array:
        """|[1, z] half|^2 of every row; half is the identity if None."""
        out = np.empty(self.shape[0])
        for part, z in self._panels():
            out[part] = 1.0 + _square(z) if half is None else _square(z @ half[1:] + half[0])
        return out

    def moments(self, weight: Array | None, threads: int | None = None) -> Moments:
        """Moments of the raw columns. Raises DataError if an entry is NaN or infinite: the check costs nothing more."""
        mean, deviation = np.zeros(self.shape[1]), np.zeros(self.shape[1])
        threads = kernels.threads_for(self.array.size, threads)
        total = kernels.moments_dense(self.array, weight, mean, deviation, threads)
        return _finite(Moments(total, mean, deviation), self.array)


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
            out[part] = _square(self.array[part] @ columns + base)
        return out

    def moments(self, weight: Array | None, threads: int | None = None) -> Moments:
        """Moments of the raw columns, the zeros counted; raises DataError if an entry is NaN or infinite."""
        rows, p = self.shape
        w = np.ones(rows) if weight is None else weight
        total = float(w.sum())
        if total == 0.0:
            return _finite(Moments(0.0, np.zeros(p), np.zeros(p) * self.array.data.sum()), self.array)
        entry_weight = np.repeat(w, np.diff(self.array.indptr))
        column, value = self.array.indices, self.array.data.astype(np.float64)
        stored = np.bincount(column, entry_weight, p)
        with np.errstate(invalid="ignore"):  # an infinity is found, and told of, below
            mean = np.bincount(column, entry_weight * value, p) / total
            # once more about that mean: a constant column must come out as one
            mean += (np.bincount(column, entry_weight * (value - mean[column]), p) - (total - stored) * mean) / total
            spread = np.bincount(column, entry_weight * (value - mean[column]) ** 2, p)
        return _finite(Moments(total, mean, spread + np.maximum(total - stored, 0.0) * mean**2), self.array)


def make_design(X: Any) -> Dense | Sparse:
    """The design of a checked matrix, on its raw columns."""
    zeros, ones = np.zeros(X.shape[1]), np.ones(X.shape[1])
    return Sparse(X, zeros, ones) if is_sparse(X) else Dense(X, zeros, ones)


def _square(rows: Array) -> Array:
    out: Array = np.einsum("ij,ij->i", rows, rows)
    return out


def _finite(moments: Moments, X: Any) -> Moments:
    if np.isfinite(moments.mean).all() and np.isfinite(moments.deviation).all():
        return moments
    where = first_not_finite(X)
    if where is None:
        column = int(np.argmin(np.isfinite(moments.mean + moments.deviation)))
        raise DataError("X holds numbers too large to square", f"in column {column}", "Rescale that column.")
    value = X[where]
    what = "NaN" if np.isnan(value) else "infinity"
    raise NotFiniteError(what, *where)


class NotFiniteError(DataError):
    """X holds a NaN or an infinity. Knows where, so that whoever knows the columns' names can say it better."""

    def __init__(self, what: str, row: int, column: int | str) -> None:
        where = f"column {column!r}" if isinstance(column, str) else f"column {column}"
        super().__init__(
            f"Input X contains {what}",
            f"first in row {row}, {where}",
            "Remove or impute such values before fitting.",
        )
        self.what, self.row, self.column = what, row, column
