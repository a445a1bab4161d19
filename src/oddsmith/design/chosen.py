"""Some columns of a dense array, as a view: a pass gathers them panel by panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.design.base import Moments
from oddsmith.design.dense import Dense


@dataclass(frozen=True)
class Chosen:
    """Those columns of a `Dense` that a lasso keeps, where a copy of them would be a second copy of much of X.

    Every verb but the compiled pass reads all columns.
    """

    whole: Dense
    columns: AnyArray
    kind: ClassVar[str] = "chosen"

    @property
    def shape(self) -> tuple[int, int]:
        return self.whole.shape[0], len(self.columns)

    @property
    def entries(self) -> int:
        """Those of the columns chosen."""
        return self.whole.shape[0] * len(self.columns)

    @property
    def operands(self) -> tuple[Any, ...]:
        """X, the columns, and their centre and scale."""
        return self.whole.array, self.columns, self.whole.centre[self.columns], self.whole.scale[self.columns]

    def standardised(self, centre: Array, scale: Array) -> Chosen:
        """The same rows on columns (x - centre) / scale."""
        new_centre, new_scale = self.whole.centre.copy(), self.whole.scale.copy()
        new_centre[self.columns], new_scale[self.columns] = centre, scale
        return replace(self, whole=self.whole.standardised(new_centre, new_scale))

    def take(self, rows: AnyArray | slice) -> Chosen:
        """Some rows: a view for a slice, a copy for indices."""
        return replace(self, whole=self.whole.take(rows))

    def only(self, columns: AnyArray) -> Chosen:
        """Some of the columns."""
        return replace(self, columns=self.columns[columns])

    def _spread(self, v: Array) -> Array:
        """With zeros for all other columns."""
        out = np.zeros((self.whole.shape[1], *v.shape[1:]))
        out[self.columns] = v
        return out

    def matvec(self, v: Array) -> Array:
        """Z v, for a vector or for the columns of a matrix."""
        return self.whole.matvec(self._spread(v))

    def dot_rows(self, v: Array) -> Array:
        """As matvec, but a row has the same bits whichever rows are beside it."""
        return self.whole.dot_rows(self._spread(v))

    def rmatvec(self, r: Array) -> Array:
        """Z' r, for a vector or for the columns of a matrix."""
        return self.whole.rmatvec(r)[self.columns]

    def gram(self, h: Array, columns: AnyArray | None = None) -> Array:
        """Z' diag(h) Z, of all columns or of those named."""
        return self.whole.gram(h, self.columns if columns is None else self.columns[columns])

    def diagonal(self, h: Array) -> Array:
        """The diagonal of Z' diag(h) Z."""
        return self.whole.diagonal(h)[self.columns]

    def stored(self) -> AnyArray:
        """All rows, for every column."""
        return self.whole.stored()[self.columns]

    def norms(self, half: Array | None = None) -> Array:
        """|[1, z] half|^2 of every row; half is the identity if None."""
        half = np.eye(1 + len(self.columns)) if half is None else half
        return self.whole.norms(np.vstack([half[:1], self._spread(half[1:])]))

    def moments(self, weight: Array | None, threads: int | None = None) -> Moments:
        """Moments of the raw columns."""
        whole = self.whole.moments(weight, threads)
        return Moments(whole.weight, whole.mean[self.columns], whole.deviation[self.columns])
