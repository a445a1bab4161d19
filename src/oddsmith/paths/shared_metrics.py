"""The Hessians of several problems on the same rows, with the curvature of rows frozen: what their steps go by."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.paths.shared_rows import AT_HAND, COLUMNS, SharedRows

ROOM = 1.5  # by so much more than is needed a store is larger that had too little room for the columns at hand
SINGLE, SURE = 2.0**-24, 4.0  # the rounding of single precision; how many standard deviations of it are allowed for


class Metrics:
    """The Hessians of all problems with the curvature of rows frozen, among the columns at hand.

    They are formed in single precision, which is enough for a metric of steps; a proof allows for it (`error`).

    Parameters
    ----------
    rows : SharedRows
    curvature : array of shape (n,)
        Of every row, its weight included.
    intercept : bool
        Whether an intercept is free, and so eliminated.
    """

    def __init__(self, rows: SharedRows, curvature: Array, *, intercept: bool) -> None:
        self.rows, self.curvature, self.intercept = rows, curvature, intercept
        self._mass = np.array([curvature[atom].sum() for atom in rows.atoms])
        self._store = np.zeros((len(rows.atoms), 0, 0), dtype=np.float32)
        self._border = np.zeros((len(rows.atoms), 0))
        self._reduced: dict[int, tuple[AnyArray, Array, float]] = {}
        self._frozen: AnyArray | None = None  # of the first problem, where `_reduced` is corrected
        self._spare: dict[int, AnyArray] = {}
        self.grow()

    @property
    def error(self) -> float:
        """What an entry may be wrong by, as a share of the root of the two entries of the diagonal.

        Of sums of n terms in single precision, nearly always (Higham and Mary, 2019, *A new approach to probabilistic
        rounding error analysis*).
        """
        return SURE * SINGLE * float(np.sqrt(len(self.curvature)))

    def grow(self) -> None:
        """Take in the columns that have come to hand since."""
        rows, before, now = self.rows, self._border.shape[1], len(self.rows.columns)
        if now == before:
            return
        if now > self._store.shape[1]:
            room = max(min(AT_HAND, rows.width), int(ROOM * now) if before else now)
            store = np.empty((len(self._mass), room, room), dtype=np.float32)
            store[:, :before, :before] = self._store[:, :before, :before]
            self._store = store
        border = np.zeros((len(self._mass), now))
        border[:, :before] = self._border
        work: list[Callable[[], None]] = []
        fresh = rows.weighted(before, self.curvature)

        def bordered(first: int) -> None:
            columns = slice(first, min(first + COLUMNS, now))
            for k, atom in enumerate(rows.atoms):
                np.matmul(rows.z[columns, atom], self.curvature[atom], out=border[k, columns])

        work += [partial(bordered, first) for first in range(before, now, COLUMNS)]
        for k, atom in enumerate(rows.atoms):
            part = partial(_fill, self._store[k, :now, :now], rows.single[:, atom], fresh[:, atom], before)
            work += [partial(part, first) for first in range(0, now, COLUMNS)]
        rows.each(lambda some: some(), work, products=now * fresh.size)
        self._border = border
        self._reduced.clear()
        self._frozen = None

    def whole(self, places: AnyArray) -> Array:
        """The first problem's frozen Hessian among some of the columns at hand, the intercept first if it is free."""
        reduced, across, mass = self.of(0)
        reduced = reduced if self._frozen is None else self._frozen
        first, around = int(self.intercept), across[places]
        whole = np.empty((first + len(places),) * 2)
        whole[first:, first:] = reduced[np.ix_(places, places)]
        if self.intercept:
            whole[first:, first:] += mass * np.multiply.outer(around, around)
            whole[0, 0], whole[0, 1:], whole[1:, 0] = mass, mass * around, mass * around
        return whole

    def of(self, k: int) -> tuple[AnyArray, Array, float]:
        """Of problem k: the Hessian with the intercept eliminated, what that takes along, and its own curvature.

        The first of them as corrections left it.
        """
        if k not in self._reduced:
            chosen, total = np.flatnonzero(self.rows.inside[k]), self.rows.totals[k]
            mass = float(self._mass[chosen].sum() / total)
            border = self._border[chosen].sum(axis=0) / total
            across = border / mass if self.intercept else np.zeros_like(border)
            self._reduced[k] = self._without(k, chosen, total, across, border), across, mass
        return self._reduced[k]

    def to_correct(self, k: int) -> AnyArray:
        """What `of` tells of problem k first, to be corrected in place; until the next columns come."""
        reduced = self.of(k)[0]
        if k == 0 and self._frozen is None:
            self._frozen = reduced.copy()
        return reduced

    def _without(self, k: int, chosen: AnyArray, total: float, across: Array, border: Array) -> AnyArray:
        """The Hessian of problem k less that of the intercept, in memory that is used again."""
        size = len(border)
        if k not in self._spare or self._spare[k].size < size**2:
            self._spare[k] = np.empty(self._store.shape[1] ** 2, dtype=np.float32)
        out = self._spare[k][: size**2].reshape(size, size)
        kernels.reduced_hessian(self._store, chosen, 1.0 / total, across, border, out)
        return out


def _fill(gram: AnyArray, z: AnyArray, fresh: AnyArray, before: int, first: int) -> None:
    """The products of some columns with those that are fresh and do not stand before them; and their mirror image."""
    last, start = min(first + COLUMNS, len(gram)), max(first, before)
    np.matmul(z[first:last], fresh[start - before :].T, out=gram[first:last, start:])
    below = max(start, last)  # what does not overlap needs no memory on its way
    gram[below:, first:last] = gram[first:last, below:].T
    gram[start:below, first:last] = gram[first:last, start:below].T
