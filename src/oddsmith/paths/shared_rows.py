"""The same rows, of which each problem has some: the columns that matter, standardised and at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.design import Dense
from oddsmith.objective import Objective

WORTH = 1 << 22  # products that are worth another thread
AT_HAND = 2000  # columns that may come to hand, without memory being moved
HALVED = 1 << 26  # entries of X up to which a copy in single precision is made
COLUMNS = 128  # of what one thread does at a time: no bit depends on how many threads there are


class SharedRows:
    """Rows of an objective, of which each problem has some. Here they are in an order of their own: by problems.

    Parameters
    ----------
    objective : Objective
        Of two classes.
    masks : bool array of shape (problems, n)
        Which rows each problem has.
    threads : int, optional

    Attributes
    ----------
    weights : array of shape (problems, n)
        Each row of it sums to 1.
    atoms : list of slice
        Rows that are in the same problems, whose curvature is summed once for all of these.
    inside : bool array of shape (problems, atoms)
    width : int
        How many columns there are.
    columns : int array
        Those at hand.
    at_hand : bool array of shape (width,)
    z, single : arrays of shape (columns at hand, n)
        Standardised; and in single precision.
    rounding : array of shape (problems,)
        By how much `slopes` may be wrong. It waits for memory, so it reads a copy of X in single precision; that is
        their rounding, for columns of mean square 1 over all rows and residuals of at most 1.
    """

    def __init__(self, objective: Objective, masks: AnyArray, threads: int | None) -> None:
        blocks = list(objective.source.blocks())
        patterns, atom = np.unique(masks, axis=1, return_inverse=True)
        self.inside: AnyArray = patterns.astype(bool)
        self._order: AnyArray = np.argsort(atom.ravel(), kind="stable")
        edges = np.searchsorted(atom.ravel()[self._order], np.arange(patterns.shape[1] + 1))
        self.atoms = [slice(a, b) for a, b in pairwise(edges.tolist())]
        self.target = np.concatenate([block.target for block in blocks])[self._order]
        weights = [np.ones(len(b.target)) if b.weight is None else b.weight for b in blocks]
        self.base = np.concatenate(weights)[self._order]
        offsets = [np.zeros(len(b.target)) if b.offset is None else b.offset for b in blocks]
        self.offset = np.concatenate(offsets)[self._order]
        self.weights = np.ascontiguousarray(masks[:, self._order] * self.base)
        self.totals = self.weights.sum(axis=1)
        self.weights /= self.totals[:, None]
        self._per_root = np.divide(
            1.0, np.sqrt(self.weights), out=np.zeros_like(self.weights), where=self.weights > 0.0
        )
        self.columns: AnyArray = np.zeros(0, dtype=np.intp)
        self._store = self.z = np.zeros((0, len(self.target)))
        self._rough = self.single = self._scratch = self.z.astype(np.float32)
        self._designs: list[Any] = [block.design for block in blocks]
        self.width = len(objective.source.columns)
        self.at_hand: AnyArray = np.zeros(self.width, dtype=bool)
        self._threads = kernels.threads_for(64 * self.base.size, threads)
        self._pool = ThreadPoolExecutor(self._threads)
        double = all(isinstance(d, Dense) and d.array.itemsize > 4 for d in self._designs)
        self._compressed = len(blocks) == 1 and self._designs[0].kind == "sparse"
        halved = double and self.width * len(self.target) <= HALVED
        self.rounding = 2.0**-23 * halved * np.sqrt(self.base.sum() / self.totals)

    @cached_property
    def _single_of_all(self) -> AnyArray:
        """All columns, standardised, in single precision, of shape (width, n)."""
        out = np.empty((self.width, len(self.target)), dtype=np.float32)
        self._standardise(np.arange(self.width), None, out)
        return out

    @cached_property
    def _by_column(self) -> tuple[Array, AnyArray, AnyArray]:
        """What compressed rows store, one column after another, and where its rows stand here."""
        stored = self._designs[0].array.tocsc()
        place = np.argsort(self._order).astype(np.int32)
        data = stored.data.astype(np.float64, copy=False)
        return data, place[stored.indices], stored.indptr.astype(np.int64, copy=False)

    def each(self, work: Callable[[Any], Any], items: Sequence[Any], *, products: float = np.inf) -> list[Any]:
        """Work on all items: on one thread, or on all where so many products of numbers are worth them."""
        if self._threads == 1 or len(items) < 2 or products < WORTH:
            return [work(item) for item in items]
        results, left = [None] * len(items), iter(range(len(items)))

        def some() -> None:
            for k in left:  # an iterator that all of them share
                results[k] = work(items[k])

        others = [self._pool.submit(some) for _ in range(min(self._threads, len(items)) - 1)]
        some()
        for other in others:
            other.result()
        return results

    def threads_for(self, products: int) -> int:
        """How many a kernel of so many products of numbers is worth."""
        return min(self._threads, kernels.threads_for(products, None))

    def farthest(self, change: Array, problems: AnyArray | slice) -> Array:
        """By how much a change of some problems' weighted row_gradients can have changed the slope of any column.

        By Cauchy and Schwarz, columns having mean square 1 over all rows. The change is overwritten.
        """
        change *= self._per_root[problems]
        return np.sqrt(np.einsum("ki,ki->k", change, change) * self.base.sum() / self.totals[problems])

    def slopes_at_hand(self, r: Array, places: AnyArray) -> Array:
        """The products r Z' for some of the columns at hand."""
        return self._products(self.z, r, places)

    def slopes(self, r: Array, columns: AnyArray) -> Array:
        """The same for some columns, at hand or not: a pass over them."""
        if self.rounding.any():
            return self._products(self._single_of_all, r, columns)
        if self._compressed:
            return self._slopes_of_stored(r, columns)
        total, start = np.zeros((len(r), self.width)), 0
        if len(self.atoms) > 1:
            given, r = r, np.empty_like(r)
            r[:, self._order] = given
        for design in self._designs:
            own = np.ascontiguousarray(r[:, start : start + design.shape[0]])
            if isinstance(design, Dense):
                threads = kernels.threads_for(own.shape[0] * design.entries, self._threads)
                kernels.slopes_dense(*design.operands, own, total, threads)
            else:
                total += design.rmatvec(own.T).T
            start += design.shape[0]
        return total[:, columns]

    def _products(self, z: AnyArray, r: Array, places: AnyArray) -> Array:
        out = np.zeros((len(r), len(places)))
        kernels.slopes_among(z, places, r, out, self.threads_for(r.size * len(places)))
        return out

    def _slopes_of_stored(self, r: Array, columns: AnyArray) -> Array:
        """Of compressed rows: the centre enters by a product of its own."""
        out, design = np.zeros((len(r), len(columns))), self._designs[0]
        threads = self.threads_for(len(r) * design.entries * len(columns) // self.width)
        kernels.slopes_stored(*self._by_column, columns, np.ascontiguousarray(r.T), out, threads)
        out -= np.multiply.outer(r.sum(axis=1), design.centre[columns])
        out /= design.scale[columns]
        return out

    def losses(self, eta: Array) -> tuple[Array, Array, Array]:
        """Value, row_gradient and row_hessian of every row, unweighted, at one eta of shape (n,)."""
        value, gradient, hessian = np.empty((3, len(eta)))
        kernels.logistic_rows(eta, self.target, value, gradient, hessian)
        return value, gradient, hessian

    def take_in(self, columns: AnyArray) -> None:
        """Have more columns at hand, at the end."""
        before, now = len(self.columns), len(self.columns) + len(columns)
        if now > len(self._store):  # memory that is not touched costs nothing
            shape = min(self.width, max(AT_HAND, 2 * before, now)), len(self.target)
            store, rough = np.empty(shape), np.empty(shape, dtype=np.float32)
            store[:before], rough[:before] = self.z, self.single
            self._store, self._rough = store, rough
        fresh, rough = self._store[before:now], self._rough[before:now]
        self._standardise(columns, fresh, rough)
        self.columns = np.concatenate([self.columns, columns])
        self.at_hand[columns] = True
        self.z, self.single = self._store[:now], self._rough[:now]

    def _standardise(self, columns: AnyArray, z: Array | None, single: AnyArray) -> None:
        """Some columns, copied: in double precision, if that is asked for, and in single."""
        if self._compressed and z is not None:
            design, threads = self._designs[0], self.threads_for(8 * single.size)
            kernels.standardise_stored(*self._by_column, columns, design.centre, design.scale, z, single, threads)
            return
        start = 0
        for design in self._designs:
            stop = start + design.shape[0]
            here = np.flatnonzero((self._order >= start) & (self._order < stop))
            if isinstance(design, Dense):
                own, threads = (design.array, columns, design.centre, design.scale), self.threads_for(8 * single.size)
                for run in np.split(here, np.flatnonzero(np.diff(here) > 1) + 1):  # rows that stand together
                    kernels.standardise_dense(*own, self._order[run] - start, z, single, int(run[0]), threads)
            else:
                single[:, here] = own = design.only(columns).matvec(np.eye(len(columns)))[self._order[here] - start].T
                if z is not None:
                    z[:, here] = own
            start = stop

    def weighted(self, first: int, weight: Array) -> AnyArray:
        """The columns at hand from one on, in single precision, times a weight of every row: until the next call."""
        if len(self._scratch) < len(self.single) - first:
            self._scratch = np.empty((len(self._rough), len(self.target)), dtype=np.float32)
        out = self._scratch[: len(self.single) - first]
        np.multiply(self.single[first:], weight.astype(np.float32), out=out)
        return out

    def keep(self, places: AnyArray) -> None:
        """Have only these of the columns at hand, in ascending order."""
        for to, place in enumerate(places.tolist()):  # ascending: what is still wanted is not written over
            if to < place:
                self._store[to], self._rough[to] = self._store[place], self._rough[place]
        self.columns, self.z, self.single = self.columns[places], self._store[: len(places)], self._rough[: len(places)]
        self.at_hand[:] = False
        self.at_hand[self.columns] = True
