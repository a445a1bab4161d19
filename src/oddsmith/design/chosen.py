"""Some columns of a dense array, as a view: a pass gathers them panel by panel."""

from __future__ import annotations

from collections.abc import Iterator
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
    places: AnyArray
    kind: ClassVar[str] = "chosen"

    @property
    def shape(self) -> tuple[int, int]:
        return self.whole.shape[0], len(self.places)

    @property
    def centre(self) -> Array:
        """Of the columns chosen."""
        return self.whole.centre[self.places]

    @property
    def scale(self) -> Array:
        """Of the columns chosen."""
        return self.whole.scale[self.places]

    @property
    def entries(self) -> int:
        """Those of the columns chosen."""
        return self.whole.shape[0] * len(self.places)

    @property
    def cancellation(self) -> float:
        """1: centred on the row."""
        return self.whole.cancellation

    @property
    def operands(self) -> tuple[Any, ...]:
        """X, the columns, and their centre and scale."""
        return self.whole.array, self.places, self.centre, self.scale

    def standardised(self, centre: Array, scale: Array) -> Chosen:
        """The same rows on columns (x - centre) / scale."""
        new_centre, new_scale = self.whole.centre.copy(), self.whole.scale.copy()
        new_centre[self.places], new_scale[self.places] = centre, scale
        return replace(self, whole=self.whole.standardised(new_centre, new_scale))

    def take(self, rows: AnyArray | slice) -> Chosen:
        """Some rows: a view for a slice, a copy for indices."""
        return replace(self, whole=self.whole.take(rows))

    def only(self, columns: AnyArray) -> Chosen:
        """Some of the columns."""
        return replace(self, places=self.places[columns])

    def _spread(self, v: Array) -> Array:
        """With zeros for all other columns."""
        out = np.zeros((self.whole.shape[1], *v.shape[1:]))
        out[self.places] = v
        return out

    def matvec(self, v: Array) -> Array:
        """Z v, for a vector or for the columns of a matrix."""
        return self.whole.matvec(self._spread(v))

    def scores(self, v: Array, threads: int | None = None) -> Array:
        """As matvec of a vector, compiled: its last bits depend on the layout."""
        return self.whole.scores(self._spread(v), threads)

    def dot_rows(self, v: Array) -> Array:
        """As matvec, but a row has the same bits whichever rows are beside it."""
        return self.whole.dot_rows(self._spread(v))

    def rmatvec(self, r: Array) -> Array:
        """Z' r, for a vector or for the columns of a matrix."""
        return self.whole.rmatvec(r)[self.places]

    def gram(self, h: Array, columns: AnyArray | None = None) -> Array:
        """Z' diag(h) Z, of all columns or of those named."""
        return self.whole.gram(h, self.places if columns is None else self.places[columns])

    def diagonal(self, h: Array) -> Array:
        """The diagonal of Z' diag(h) Z."""
        return self.whole.diagonal(h)[self.places]

    def stored(self) -> AnyArray:
        """All rows, for every column."""
        return self.whole.stored()[self.places]

    def columns(self) -> Iterator[tuple[int, slice, Array]]:
        """The raw columns."""
        for k, j in enumerate(self.places):
            yield k, slice(None), self.whole.array[:, j].astype(np.float64)

    def norms(self, half: Array | None = None) -> Array:
        """|[1, z] half|^2 of every row; half is the identity if None."""
        half = np.eye(1 + len(self.places)) if half is None else half
        return self.whole.norms(np.vstack([half[:1], self._spread(half[1:])]))

    def moments(self, weight: Array | None, threads: int | None = None) -> Moments:
        """Moments of the raw columns."""
        whole = self.whole.moments(weight, threads)
        return Moments(whole.weight, whole.mean[self.places], whole.deviation[self.places])
