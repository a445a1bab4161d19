"""The same rows, of which each problem has some: the columns that matter, standardised and at hand; their metrics."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.design import Dense
from oddsmith.objective import Objective

TILE = 128  # columns of a Gram matrix that one thread forms at a time


class SharedRows:
    """Rows of an objective, of which each problem has some.

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
    columns : int array
        Those at hand.
    z : array of shape (columns at hand, n)
        Standardised.
    """

    def __init__(self, objective: Objective, masks: AnyArray, threads: int | None) -> None:
        blocks = list(objective.source.blocks())
        self.target = np.concatenate([block.target for block in blocks])
        self.base = np.concatenate([np.ones(len(b.target)) if b.weight is None else b.weight for b in blocks])
        offsets = [np.zeros(len(b.target)) if b.offset is None else b.offset for b in blocks]
        self.offset = np.concatenate(offsets)
        self.totals = (masks * self.base).sum(axis=1)
        self.weights = masks * self.base / self.totals[:, None]
        # rows that are in the same problems make an atom, whose curvature is summed once for all of these
        patterns, atom = np.unique(masks, axis=1, return_inverse=True)
        self.inside: AnyArray = patterns.astype(bool)
        self.atoms = [np.flatnonzero(atom.ravel() == k) for k in range(patterns.shape[1])]
        self.columns: AnyArray = np.zeros(0, dtype=np.intp)
        self._store = self.z = np.zeros((0, len(self.target)))
        self._designs = [block.design for block in blocks]
        self._width = len(objective.source.columns)
        self._threads = kernels.threads_for(64 * self.base.size, threads)
        self._pool = ThreadPoolExecutor(self._threads)

    def each(self, work: Callable[[Any], Any], items: Any) -> list[Any]:
        """Work on all items, as many at a time as there are threads."""
        return list(self._pool.map(work, items)) if self._threads > 1 and len(items) > 1 else [work(i) for i in items]

    def _parts(self, count: int) -> list[slice]:
        edges = np.linspace(0, count, self._threads + 1).astype(int)
        return [slice(a, b) for a, b in pairwise(edges) if b > a]

    def scores(self, beta: Array) -> Array:
        """The product beta Z for beta of shape (problems, columns at hand)."""
        used = np.flatnonzero(beta.any(axis=0))
        if 3 * len(used) > len(self.columns):  # then a product with zeros is cheaper than a copy without
            parts = self.each(lambda part: beta[:, part] @ self.z[part], self._parts(len(self.columns)))
        else:
            parts = self.each(lambda part: beta[:, used[part]] @ self.z[used[part]], self._parts(len(used)))
        total: Array = np.add.reduce(parts) if parts else np.zeros((len(beta), len(self.target)))
        return total

    def slopes(self, r: Array) -> Array:
        """The product r Z', of shape (problems, columns at hand)."""
        parts = self.each(lambda part: r @ self.z[part].T, self._parts(len(self.z)))
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(r), 0))

    def all_slopes(self, r: Array) -> Array:
        """The same for all columns: one pass over the data."""
        total, start = np.zeros((len(r), self._width)), 0
        for design in self._designs:
            own = np.ascontiguousarray(r[:, start : start + design.shape[0]])
            if isinstance(design, Dense):
                threads = kernels.threads_for(own.shape[0] * design.entries, self._threads)
                kernels.slopes_dense(*design.operands, own, total, threads)
            else:
                total += design.rmatvec(own.T).T
            start += design.shape[0]
        return total

    def losses(self, eta: Array) -> tuple[Array, Array, Array]:
        """Value, row_gradient and row_hessian of every row, unweighted, at one eta of shape (n,)."""
        value, gradient, hessian = np.empty((3, len(eta)))
        kernels.logistic_rows(eta, self.target, value, gradient, hessian)
        return value, gradient, hessian

    def take_in(self, columns: AnyArray) -> None:
        """Have more columns at hand, at the end."""
        before, now = len(self.columns), len(self.columns) + len(columns)
        if now > len(self._store):
            store = np.empty((min(self._width, max(2 * before, now)), len(self.target)))
            store[:before] = self.z
            self._store = store
        start = 0
        for design in self._designs:
            rows = slice(start, start + design.shape[0])
            if isinstance(design, Dense):
                some = np.take(design.array, columns, axis=1) - design.centre[columns]
                self._store[before:now, rows] = (some / design.scale[columns]).T
            else:
                self._store[before:now, rows] = design.only(columns).matvec(np.eye(len(columns))).T
            start = rows.stop
        self.columns, self.z = np.concatenate([self.columns, columns]), self._store[:now]

    def keep(self, places: AnyArray) -> None:
        """Have only these of the columns at hand."""
        self.columns, self._store = self.columns[places], self.z[places]
        self.z = self._store


def _fill(gram: Array, z: Array, fresh: Array, before: int, first: int) -> None:
    """The products of some columns with those that are fresh and do not stand before them; and their mirror image."""
    last, start = min(first + TILE, len(gram)), max(first, before)
    product = z[first:last] @ fresh[start - before :].T
    gram[first:last, start:] = product
    gram[start:, first:last] = product.T


class Metrics:
    """The Hessians of all problems with the curvature of rows frozen, among the columns at hand.

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
        self.mass = np.array([curvature[atom].sum() for atom in rows.atoms])
        self._gram = np.zeros((len(rows.atoms), 0, 0))
        self._border = np.zeros((len(rows.atoms), 0))
        self._of: dict[int, tuple[Array, Array, float, Array]] = {}
        self.grow()

    def grow(self) -> None:
        """Take in the columns that have come to hand since."""
        before, now = self._gram.shape[1], len(self.rows.columns)
        if now == before:
            return
        gram, border = np.zeros((len(self.mass), now, now)), np.zeros((len(self.mass), now))
        gram[:, :before, :before], border[:, :before] = self._gram, self._border
        for k, atom in enumerate(self.rows.atoms):
            z = self.rows.z if len(self.rows.atoms) == 1 else self.rows.z[:, atom]
            fresh = z[before:] * self.curvature[atom]
            border[k, before:] = fresh.sum(axis=1)
            self.rows.each(partial(_fill, gram[k], z, fresh, before), list(range(0, now, TILE)))
        self._gram, self._border = gram, border
        self._of.clear()

    def whole(self, k: int, places: AnyArray) -> Array:
        """The Hessian of problem k among some of the columns at hand, the intercept first if it is free."""
        _, across, mass, full = self._problem(k)
        inner = full[np.ix_(places, places)]
        if not self.intercept:
            return inner
        border = mass * across[places]
        return np.block([[np.array([[mass]]), border[None]], [border[:, None], inner]])

    def of(self, k: int) -> tuple[Array, Array, float]:
        """Of problem k: the Hessian with the intercept eliminated, what that takes along, and its own curvature."""
        return self._problem(k)[:3]

    def _problem(self, k: int) -> tuple[Array, Array, float, Array]:
        if k not in self._of:
            chosen, total = np.flatnonzero(self.rows.inside[k]), self.rows.totals[k]
            full = sum((self._gram[atom] for atom in chosen), np.zeros(self._gram.shape[1:])) / total
            mass = float(self.mass[chosen].sum() / total)
            border = self._border[chosen].sum(axis=0) / total
            across = border / mass if self.intercept else np.zeros_like(border)
            self._of[k] = full - np.multiply.outer(across, border), across, mass, full
        return self._of[k]
