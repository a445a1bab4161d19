"""Rows of numbers and of categories, a category as one code a row: its columns of 0 and 1 are never made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import ClassVar

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.design.base import PANEL_BYTES, Moments, NotFiniteError
from oddsmith.design.dense import Dense


@dataclass(frozen=True)
class Codes:
    """Columns of numbers, and of levels: of each category at most one level's column is 1 in a row, the others are 0.

    Numbers are centred on the row; the columns of levels by rank-one terms, which cost no digits, as their means lie
    between 0 and 1.

    Attributes
    ----------
    array : float64 array of shape (n, d)
        The columns of numbers.
    places : int64 array of shape (d,)
        Where they stand among the p columns.
    codes : int32 array of shape (k, n)
        For each category and row, which column is 1; -1 for none.
    centre, scale : arrays of shape (p,)
    """

    array: Array
    places: AnyArray
    codes: AnyArray
    centre: Array
    scale: Array
    kind: ClassVar[str] = "codes"

    @classmethod
    def of(cls, array: Array, places: AnyArray, codes: AnyArray, width: int) -> Codes:
        """The design on its raw columns, of which there are `width`."""
        codes = np.ascontiguousarray(codes, dtype=np.int32)
        assert codes.min(initial=0) >= -1  # the kernel trusts them
        assert codes.max(initial=-1) < width
        return cls(array, np.asarray(places, dtype=np.int64), codes, np.zeros(width), np.ones(width))

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.array), len(self.centre)

    @property
    def entries(self) -> int:
        """Numbers and codes."""
        return self.array.size + self.codes.size

    @property
    def cancellation(self) -> float:
        """The largest mean of a level, in standard deviations: of one that nearly every row has."""
        return float((self._shift / self.scale).max(initial=1.0))

    @property
    def operands(self) -> tuple[AnyArray, ...]:
        """Numbers, their places, codes, centre and scale."""
        return self.array, self.places, self.codes, self.centre, self.scale

    def standardised(self, centre: Array, scale: Array) -> Codes:
        """The same rows on columns (x - centre) / scale."""
        return replace(self, centre=centre, scale=scale)

    def take(self, rows: AnyArray | slice) -> Codes:
        """Some rows: a view for a slice, a copy for indices."""
        codes = self.codes[:, rows] if isinstance(rows, slice) else np.take(self.codes, rows, axis=1)
        return replace(self, array=self.array[rows], codes=codes)

    def only(self, columns: AnyArray) -> Codes:
        """Some columns, copied, in this order; a row of a level that is left out has none."""
        new = np.full(self.shape[1] + 1, -1, dtype=np.int32)
        new[columns] = np.arange(len(columns))
        kept = new[self.places] >= 0
        return Codes(
            self.array[:, kept], new[self.places[kept]].astype(np.int64), new[self.codes], self.centre[columns],
            self.scale[columns],
        )  # fmt: skip

    @property
    def _numbers(self) -> Dense:
        return Dense(self.array, self.centre[self.places], self.scale[self.places])

    @property
    def _shift(self) -> Array:
        """The centre of levels; 0 for numbers, which are centred on the row."""
        shift = self.centre.copy()
        shift[self.places] = 0.0
        return shift

    def _sums(self, values: Array | None) -> Array:
        """The sum of a value, or the count, over the rows of each level; 0 for numbers."""
        total = np.zeros(1 + self.shape[1])
        for code in self.codes:
            total += np.bincount(code + 1, values, len(total))
        return total[1:]

    def matvec(self, v: Array) -> Array:
        """Z v, for a vector or for the columns of a matrix."""
        return self._with_levels(self._numbers.matvec(v[self.places]), v)

    def scores(self, v: Array, threads: int | None = None) -> Array:
        """As matvec of a vector, of which only the numbers are compiled."""
        return self._with_levels(self._numbers.scores(v[self.places], threads), v)

    def dot_rows(self, v: Array) -> Array:
        """As matvec, but a row has the same bits whichever rows are beside it."""
        return self._with_levels(self._numbers.dot_rows(v[self.places]), v)

    def _with_levels(self, out: Array, v: Array) -> Array:
        u = (v.T / self.scale).T
        return _added(out, _or_none(u), self.codes) - self._shift @ u

    def rmatvec(self, r: Array) -> Array:
        """Z' r, for a vector or for the columns of a matrix."""
        sums = self._sums(r) if r.ndim == 1 else np.array([self._sums(column) for column in r.T])
        out = ((sums - np.multiply.outer(r.sum(axis=0), self._shift)) / self.scale).T
        out[self.places] = self._numbers.rmatvec(r)
        return out

    def gram(self, h: Array, columns: AnyArray | None = None) -> Array:
        """Z' diag(h) Z, of all columns or of those named, from the counts of pairs of levels."""
        if columns is not None:
            return self.only(columns).gram(h)
        out = np.zeros((1 + self.shape[1], 1 + self.shape[1]))
        kernels.gram_codes(*self.operands, np.ascontiguousarray(h), out, kernels.threads_for(self.entries, None))
        return out[1:, 1:]

    def diagonal(self, h: Array) -> Array:
        """The diagonal of Z' diag(h) Z."""
        sums, total, shift = self._sums(h), float(h.sum()), self._shift
        out = (sums * (1.0 - shift) ** 2 + np.maximum(total - sums, 0.0) * shift**2) / self.scale**2
        out[self.places] = self._numbers.diagonal(h)
        return out

    def stored(self) -> AnyArray:
        """How many rows have each level; all rows, for numbers."""
        out = self._sums(None).astype(np.intp)
        out[self.places] = self.shape[0]
        return out

    def columns(self) -> Iterator[tuple[int, AnyArray | slice, Array]]:
        """The numbers, and the rows of each level."""
        for j, every, x in self._numbers.columns():
            yield int(self.places[j]), every, x
        for code in self.codes:
            order = np.argsort(code, kind="stable")
            levels, starts = np.unique(code[order], return_index=True)
            for level, rows in zip(levels, np.split(order, starts[1:]), strict=True):
                if level >= 0:
                    yield int(level), rows, np.ones(len(rows))

    def norms(self, half: Array | None = None) -> Array:
        """|[1, z] half|^2 of every row; half is the identity if None."""
        if half is None:
            empty, change = self._shift / self.scale, (1.0 - 2.0 * self._shift) / self.scale**2
            return _added(self._numbers.norms() + empty @ empty, _or_none(change), self.codes)
        # the image of a row is a sum of few rows of `parts`, and its norm one of their products
        parts = np.zeros((self.shape[1] + 2, half.shape[1]))  # columns, intercept, and where -1 looks
        parts[:-2] = half[1:] / self.scale[:, None]
        parts[-2] = half[0] - self._shift @ parts[:-2]
        parts[self.places] = half[1 + self.places]  # a number is scaled on its row
        products = parts @ parts.T
        own, dense = np.diagonal(products), np.array([self.shape[1], *self.places])
        with_dense = products[:, dense]
        out = np.empty(self.shape[0])
        rows = max(1, PANEL_BYTES // (8 * len(dense)))
        for start in range(0, len(out), rows):
            part = slice(start, start + rows)
            z = (self.array[part] - self.centre[self.places]) / self.scale[self.places]
            z = np.hstack([np.ones((len(z), 1)), z])
            codes = self.codes[:, part]
            twice = sum((products[one, other] for one, other in combinations(codes, 2)), np.zeros(len(z)))
            for code in codes:
                twice += np.einsum("ij,ij->i", with_dense[code], z)
            alone = np.einsum("ij,ij->i", z @ with_dense[dense], z)
            out[part] = _added(alone + 2.0 * twice, own, codes)
        return np.maximum(out, 0.0)

    def moments(self, weight: Array | None, threads: int | None = None) -> Moments:
        """Moments of the raw columns; raises NotFiniteError if a number is NaN or infinite."""
        # summed like a level, so that a level of every row has a mean of exactly 1
        total = float(np.bincount(np.zeros(self.shape[0], dtype=np.intp), weight)[0])
        sums = self._sums(weight)
        mean = sums / total if total > 0.0 else np.zeros_like(sums)
        deviation = sums * (1.0 - mean) ** 2 + np.maximum(total - sums, 0.0) * mean**2
        try:
            numbers = self._numbers.moments(weight, threads)
        except NotFiniteError as error:
            raise NotFiniteError(error.what, error.row, int(self.places[int(error.column)])) from None
        mean[self.places], deviation[self.places] = numbers.mean, numbers.deviation
        return Moments(total, mean, deviation)


def _or_none(v: Array) -> Array:
    """With a 0 at the end, where a code of -1 looks."""
    return np.concatenate([v, np.zeros((1, *v.shape[1:]))])


def _added(out: Array, looked_up: Array, codes: AnyArray) -> Array:
    """What each category has for each row, added to `out`, in the order of the categories."""
    for code in codes:
        out += looked_up[code]
    return out
