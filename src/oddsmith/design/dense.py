"""Rows of a dense array, worked on in panels of float64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.design.base import PANEL_BYTES, Moments, finite, square_norms

ROOM = 4  # times the columns at hand that there is room for


@dataclass
class Room:
    """A column-major array, of which some columns are in use."""

    array: AnyArray
    used: int = 0


@dataclass(frozen=True)
class Dense:
    """A float32 or float64 array in row- or column-major order. Every verb works on panels in float64."""

    array: AnyArray
    centre: Array
    scale: Array
    room: Room | None = field(default=None, repr=False)
    kind: ClassVar[str] = "dense"

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    @property
    def entries(self) -> int:
        """All of them."""
        return self.array.size

    @property
    def cancellation(self) -> float:
        """1: differences are taken on the row."""
        return 1.0

    @property
    def operands(self) -> tuple[AnyArray, Array, Array]:
        """X, centre and scale."""
        return self.array, self.centre, self.scale

    def standardised(self, centre: Array, scale: Array) -> Dense:
        """The same rows on columns (x - centre) / scale."""
        return Dense(self.array, centre, scale)

    def take(self, rows: AnyArray | slice) -> Dense:
        """Some rows: a view for a slice, a copy for indices."""
        if not isinstance(rows, slice) and rows.dtype != bool and self.array.flags.c_contiguous:
            return replace(self, array=self.array.take(rows, axis=0), room=None)  # in half the time of array[rows]
        return replace(self, array=self.array[rows], room=None)

    def only(self, columns: AnyArray, threads: int | None = None) -> Dense:
        """Some columns, copied."""
        chosen = np.empty((self.shape[0], len(columns)), self.array.dtype, order="F")
        self._gather(columns, chosen, threads)
        return Dense(chosen, self.centre[columns], self.scale[columns])

    def beside(self, whole: Dense, columns: AnyArray) -> Dense:
        """More columns of another after one's own, copied into a room with some to spare for the next."""
        used, width = self.shape[1], self.shape[1] + len(columns)
        room = self.room
        if room is None or room.used != used or room.array.shape[1] < width:  # what is not touched costs no memory
            room = Room(np.empty((self.shape[0], ROOM * width), self.array.dtype, order="F"))
            room.array[:, :used] = self.array
        whole._gather(columns, room.array[:, used:width], None)
        room.used = width
        centre, scale = np.append(self.centre, whole.centre[columns]), np.append(self.scale, whole.scale[columns])
        return Dense(room.array[:, :width], centre, scale, room)

    def _gather(self, columns: AnyArray, out: AnyArray, threads: int | None) -> None:
        places = np.asarray(columns, dtype=np.int64)
        kernels.gather_dense(self.array, places, out.T, kernels.threads_for(out.size, threads))

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

    def scores(self, v: Array, threads: int | None = None) -> Array:
        """As matvec of a vector, compiled: its last bits depend on the layout."""
        out, threads = np.zeros(self.shape[0]), kernels.threads_for(self.entries, threads)
        kernels.scores_dense(self.array, self.centre, self.scale, np.ascontiguousarray(v), out, threads)
        return out

    def dot_rows(self, v: Array) -> Array:
        """As matvec, but a row has the same bits whichever rows are beside it."""
        out = np.empty((self.shape[0], *v.shape[1:]))
        for part, z in self._panels():
            for k in np.ndindex(v.shape[1:]):
                out[(part, *k)] = np.einsum("ij,j->i", z, np.ascontiguousarray(v[(slice(None), *k)]))
        return out

    def rmatvec(self, r: Array) -> Array:
        """Z' r, for a vector or for the columns of a matrix."""
        total = np.zeros((*r.shape[1:], self.shape[1]))
        return sum((r[part].T @ z for part, z in self._panels()), total).T

    def gram(self, h: Array, columns: AnyArray | None = None) -> Array:
        """Z' diag(h) Z, of all columns or of those named."""
        chosen = slice(None) if columns is None else columns
        p = self.shape[1] if columns is None else len(columns)
        blocks = ((h[part, None], z[:, chosen]) for part, z in self._panels())
        return sum((z.T @ (w * z) for w, z in blocks), np.zeros((p, p)))

    def diagonal(self, h: Array) -> Array:
        """The diagonal of Z' diag(h) Z."""
        return sum((h[part] @ z**2 for part, z in self._panels()), np.zeros(self.shape[1]))

    def stored(self) -> AnyArray:
        """All rows, for every column."""
        return np.full(self.shape[1], self.shape[0])

    def columns(self) -> Iterator[tuple[int, slice, Array]]:
        """The raw columns."""
        for j in range(self.shape[1]):
            yield j, slice(None), self.array[:, j].astype(np.float64)

    def norms(self, half: Array | None = None) -> Array:
        """|[1, z] half|^2 of every row; half is the identity if None."""
        out = np.empty(self.shape[0])
        for part, z in self._panels():
            out[part] = 1.0 + square_norms(z) if half is None else square_norms(z @ half[1:] + half[0])
        return out

    def moments(self, weight: Array | None, threads: int | None = None) -> Moments:
        """Moments of the raw columns. Raises DataError if an entry is NaN or infinite: the check costs nothing more."""
        mean, deviation = np.zeros(self.shape[1]), np.zeros(self.shape[1])
        threads = kernels.threads_for(self.array.size, threads)
        total = kernels.moments_dense(self.array, weight, mean, deviation, threads)
        return finite(Moments(total, mean, deviation), self.array)
