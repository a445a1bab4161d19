"""The Hessians of several problems on the same rows, with the curvature of rows frozen: what their steps go by."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.paths.shared_rows import COLUMNS, SharedRows

ROOM = 1.5  # by so much more than is needed a store is larger that had too little room for the columns at hand
SINGLE, SURE = 2.0**-24, 4.0  # the rounding of single precision; how many standard deviations of it are allowed for


class Metrics:
    """The Hessians of all problems with the curvature of rows frozen, among the columns at hand.

    They are formed in single precision, which is enough for a metric of steps; a proof allows for it (`error`). Their
    products are summed over the rows of each atom, and these put together for a problem among the columns it works on.

    Parameters
    ----------
    rows : SharedRows
    curvature : array of shape (n,)
        Of every row, its weight included.
    intercept : bool
        Whether an intercept is free, and so eliminated.
    old : Metrics, optional
        No longer needed: their memory is used again, for the system takes longest to give new.
    """

    def __init__(
        self, rows: SharedRows, curvature: Array, *, intercept: bool, old: Metrics | None = None
    ) -> None:  # fmt: skip
        self.rows, self.curvature, self.intercept = rows, curvature, intercept
        self._mass = np.array([curvature[atom].sum() for atom in rows.atoms])
        none = np.zeros((len(rows.atoms), 0, 0), dtype=np.float32)
        self._store: AnyArray = none if old is None else old._store
        self._border = np.zeros((len(rows.atoms), 0))
        self._eliminated: dict[int, tuple[Array, float]] = {}
        self._models: dict[int, tuple[AnyArray, AnyArray]] = {}  # among which columns each was made
        self._spare: dict[int, AnyArray] = {} if old is None else old._spare
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
            room = min(rows.width, int(ROOM * now)) if before else now
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
        self._eliminated.clear()

    def whole(self, places: AnyArray) -> Array:
        """The first problem's frozen Hessian among some of the columns at hand, the intercept first if it is free."""
        (across, mass), first = self.eliminated(0), int(self.intercept)
        whole = np.empty((first + len(places),) * 2)
        whole[first:, first:] = self._among(0, places, np.zeros_like(across), np.empty((len(places),) * 2, np.float32))
        if self.intercept:
            whole[0, 0], whole[0, 1:], whole[1:, 0] = mass, mass * across[places], mass * across[places]
        return whole

    def eliminated(self, k: int) -> tuple[Array, float]:
        """What the intercept of problem k takes along of every column when it is eliminated, and its own curvature."""
        if k not in self._eliminated:
            chosen, total = self.rows.inside[k], self.rows.totals[k]
            mass, border = float(self._mass[chosen].sum() / total), self._border[chosen].sum(axis=0) / total
            self._eliminated[k] = border / mass if self.intercept else np.zeros_like(border), mass
        return self._eliminated[k]

    def model(self, k: int, places: AnyArray) -> AnyArray:
        """The Hessian of problem k among these of the columns at hand, the intercept eliminated.

        It is kept for the same array of places, as corrected by who takes steps by it; in memory that is used again.
        """
        known = self._models.get(k)
        if known is None or known[0] is not places:
            size = len(places)
            if k not in self._spare or self._spare[k].size < size**2:
                self._spare[k] = np.empty(int(ROOM * size) ** 2 + 1, dtype=np.float32)
            out = self._spare[k][: size**2].reshape(size, size)
            known = self._models[k] = places, self._among(k, places, self.eliminated(k)[0], out)
        return known[1]

    def _among(self, k: int, places: AnyArray, across: Array, out: AnyArray) -> AnyArray:
        chosen, share = np.flatnonzero(self.rows.inside[k]), 1.0 / self.rows.totals[k]
        border = across * self.eliminated(k)[1]
        kernels.reduced_hessian(self._store, chosen, places, share, across, border, out)
        return out


def _fill(gram: AnyArray, z: AnyArray, fresh: AnyArray, before: int, first: int) -> None:
    """The products of some columns with those that are fresh and do not stand before them; and their mirror image."""
    last, start = min(first + COLUMNS, len(gram)), max(first, before)
    np.matmul(z[first:last], fresh[start - before :].T, out=gram[first:last, start:])
    below = max(start, last)  # what does not overlap needs no memory on its way
    gram[below:, first:last] = gram[first:last, below:].T
    gram[start:below, first:last] = gram[first:last, start:below].T
