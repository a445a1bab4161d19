"""Sketches: first inverse Hessians for L-BFGS on the whole data, made from a sample of it.

By size: the factor of the sample's whole Hessian where that is affordable; above it a dense block among the columns
that store most, the intercept with them, and a diagonal for the rest; where nothing is known, the diagonal alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import Factor
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import Smooth, dot
from oddsmith.solvers.newton import minimise

BLOCK = 500  # columns: factorised in hundredths of a second, and more of them saved no pass
RIDGE = 1e-5  # on a block, relative to its diagonal


class Inverse(Protocol):
    """An approximate inverse Hessian."""

    def solve(self, vector: Array) -> Array:
        """H^-1 vector."""
        ...


@dataclass(frozen=True)
class Diagonal:
    """The inverse of a diagonal Hessian."""

    diagonal: Array

    def solve(self, vector: Array) -> Array:
        return vector / self.diagonal


@dataclass(frozen=True)
class BlockDiagonal:
    """The inverse of a Hessian that is dense among some coefficients, and a diagonal among the others.

    Attributes
    ----------
    columns : array of int
        Those of the block, the intercept apart.
    members : array of int
        The coefficients of the block: these columns' and, where it is free, the intercept.
    """

    columns: AnyArray
    members: AnyArray
    block: Factor
    diagonal: Array

    @classmethod
    def of(cls, columns: AnyArray, block: Array, diagonal: Array, penalty: Array) -> BlockDiagonal:
        """From the curvature of the loss in parts, and that of the penalty."""
        offset = len(block) - len(columns)
        members = np.concatenate([np.arange(offset), columns + offset])
        # what the sample cannot tell apart the whole data may: no direction is left without a step
        inside = block + np.diag(RIDGE * np.diagonal(block) + penalty[members])
        whole = diagonal + penalty
        positive = np.where(whole > 0.0, whole, 1.0)  # a constant column, which nothing moves
        return cls(columns, members, Factor(inside), positive)

    def solve(self, vector: Array) -> Array:
        out = vector / self.diagonal
        out[self.members] = self.block.solve(vector[self.members])
        return out


@dataclass
class Metric:
    """L-BFGS: an inverse Hessian, corrected by the last steps and the gradient differences they made."""

    base: Inverse
    memory: int
    pairs: deque[tuple[Array, Array, float]] = field(default_factory=deque)

    def apply(self, gradient: Array) -> Array:
        """The two-loop recursion of Nocedal (1980)."""
        q = gradient.copy()
        alphas = []
        for s, y, rho in reversed(self.pairs):
            alphas.append(rho * dot(s, q))
            q -= alphas[-1] * y
        q = self.base.solve(q)
        for (s, y, rho), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q += (alpha - rho * dot(y, q)) * s
        return q

    def update(self, step: Array, difference: Array) -> None:
        """Remember a step, if the objective curved along it."""
        curvature = dot(step, difference)
        if curvature > 1e-12 * np.sqrt(dot(step, step) * dot(difference, difference)):
            self.pairs.append((step, difference, 1.0 / curvature))
            if len(self.pairs) > self.memory:
                self.pairs.popleft()


@dataclass(frozen=True)
class Sketch:
    """Where to start on the whole data, by which inverse Hessian, and why."""

    beta: Array
    inverse: Inverse
    note: str


def dense_sketch(sample: Objective, penalty: Penalty, start: Array) -> Sketch:
    """The sample's optimum, as far as sampling error makes sense, and its Hessian's factor."""
    ridge = 1.0 / sample.rows
    function = Smooth(sample, penalty, ridge)
    solution = minimise(function, start, tol=0.05 * ridge * sample.size, limit=15)
    assert solution.evaluation.hessian is not None
    hessian = solution.evaluation.hessian + np.diag(_missed(sample, solution.evaluation.hessian))
    # The ridge bounds the sample's solution, and has no place in the metric: along weakly determined directions it
    # would make the decrement, by which we stop, far too small. It stays only where the sample sees no curvature.
    plain = Factor(hessian - ridge * np.eye(len(hessian)))
    factor = plain if plain.rank == len(hessian) else Factor(hessian)
    note = f"sample of {sample.rows} rows, {len(solution.trace)} Newton steps, dense factor"
    return Sketch(solution.beta, factor, note)


def block_sketch(sample: Objective, penalty: Penalty, start: Array, least: int) -> Sketch:
    """The sample's Hessian among the columns that store most, at least so many entries; a diagonal for the rest.

    It is taken at the start, which is the null model unless the caller knows better: the optimum of a sample of fewer
    rows than columns lies far from that of the whole, and cost passes. Standardised columns have the same curvature in
    the whole data, that of the intercept, whatever the sample saw of them.
    """
    stored = sample.stored()
    order = np.argsort(-stored, kind="stable")[:BLOCK]
    columns = np.sort(order[stored[order] >= least])
    if not (sample.intercept or len(columns)):
        return diagonal_sketch(sample, penalty, start)
    block, _ = sample.curvature(start, columns)
    typical = np.full(sample.size, np.median(np.diagonal(block)))
    inverse = BlockDiagonal.of(columns, block, typical, penalty.curvature(start))
    note = f"{sample.size} coefficients: sample of {sample.rows} rows, block of {len(inverse.members)} and diagonal"
    return Sketch(start, inverse, note)


def diagonal_sketch(objective: Objective, penalty: Penalty, start: Array) -> Sketch:
    """Standardised columns have about the same curvature: that of the intercept. Reads no row."""
    curvature = objective.loss.flattest + penalty.curvature(start)
    return Sketch(start, Diagonal(curvature), f"{objective.size} coefficients: diagonal metric")


def refreshed(inverse: BlockDiagonal, function: Smooth, beta: Array) -> BlockDiagonal:
    """The same columns' block, and the diagonal, on the whole data at beta. One pass."""
    block, diagonal = function.objective.curvature(beta, inverse.columns)
    return BlockDiagonal.of(inverse.columns, block, diagonal, function.penalty.curvature(beta))


def _missed(sample: Objective, hessian: Array) -> Array:
    """Curvature of columns that the sample hardly saw: there the whole data's spread, which is 1, speaks instead."""
    moments = sample.source.moments(sample.threads)
    seen = moments.deviation / moments.weight + (0.0 if sample.intercept else moments.mean**2)
    diagonal = np.diagonal(hessian).reshape(-1, sample.width)
    typical = diagonal[:, :1] if sample.intercept else diagonal.mean(axis=1, keepdims=True)
    missed = np.where(seen < 0.5, typical * np.maximum(0.0, 1.0 - seen), 0.0)
    return np.hstack([np.zeros((len(missed), int(sample.intercept))), missed]).ravel()
