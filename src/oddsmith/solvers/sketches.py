"""Sketches: first inverse Hessians for L-BFGS on the whole data, made from a sample of it.

By size and cost: the factor of the sample's Hessian; of several outputs its approximation by a Kronecker product; above
the size of a square matrix a dense block among the columns that store most, and a diagonal for the rest; where nothing
is known, the diagonal alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.errors import Status
from oddsmith.factor import EPSILON, Factor
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import Inverse, Smooth
from oddsmith.solvers.kronecker import Kronecker
from oddsmith.solvers.newton import minimise
from oddsmith.solvers.quasi_newton import PATIENCE, Metric, descend

BLOCK = 500  # columns: factorised in a hundredth of a second, and more of them saved no pass
RIDGE = 1e-5  # on a block, relative to its diagonal
WIDE_PATIENCE = 40  # passes in which the decrement must fall tenfold where the metric is little more than a diagonal
NEWTON_ROWS = 60_000  # of more, a step by a sample costs less than an exact one, however few the columns
PAYING = 75  # rows of a sample, times columns, for each row of all: its Hessian then costs as much as three passes
SEVERAL = 7  # times as many multiplications are worth it where the sketch would be of several outputs
SINGLE = 1e4 * EPSILON  # of the inverse in double: above it, products in single precision are worth no digit
MANY = 1e9  # from so many on, and so many rows for a coefficient, the way to the sample's optimum has a sketch too
QUARTERED = 60
SAVED = 10  # passes that a dense factor saves, where a Kronecker metric would do


@dataclass(frozen=True)
class Sketch:
    """Where to start on the whole data, and by which inverse Hessian.

    Attributes
    ----------
    beta : Array
    inverse : Inverse
    note : str
        What was chosen, and why.
    patience : int
        Passes in which the decrement should fall tenfold.
    """

    beta: Array
    inverse: Inverse
    note: str
    patience: int = PATIENCE


@dataclass(frozen=True)
class Diagonal:
    """The inverse of a diagonal Hessian."""

    diagonal: Array

    @property
    def variance(self) -> Array:
        """The diagonal of H^-1."""
        return 1.0 / self.diagonal

    def solve(self, vector: Array) -> Array:
        """H^-1 vector."""
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
    block: Inverse
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

    @property
    def variance(self) -> Array:
        """The diagonal of H^-1."""
        out = 1.0 / self.diagonal
        out[self.members] = self.block.variance
        return out

    def solve(self, vector: Array) -> Array:
        """H^-1 vector."""
        out = vector / self.diagonal
        out[self.members] = self.block.solve(vector[self.members])
        return out


@dataclass(frozen=True)
class Costs:
    """How many rows are drawn, and what is worth its time. Estimates: no answer depends on them.

    Attributes
    ----------
    sample_rows : int
        As many as make the sample's Hessian cost about as much as a few passes, within bounds.
    few : bool
        Whether the Hessian of all rows is formed so soon that no sketch is worth its trouble.
    hessian_pays : bool
        Whether the sample's Hessian costs less than the passes over the whole data that it saves.
    """

    sample_rows: int
    few: bool
    hessian_pays: bool

    @classmethod
    def of(cls, objective: Objective, rows_per_column: int, most_rows: int, newton_limit: int) -> Costs:
        """Of one output so many rows for a column, or more; of several 80 to 200 for a coefficient of an output."""
        outputs, width, rows = objective.loss.outputs, objective.width, objective.rows
        of_a_row = outputs * (outputs + 1) // 2 * width * (width + 1) // 2  # in multiplications
        if outputs == 1:
            least = max(1, rows_per_column // 4) * width
            pays = min(rows // 4, PAYING * rows // width)
            sample_rows = max(least, min(rows_per_column * width, pays), min(most_rows, rows // 20))
            soon = rows <= NEWTON_ROWS and of_a_row * rows <= newton_limit
            return cls(sample_rows, soon or rows <= 2 * least, True)
        sample_rows = int(np.clip(rows // 10, 80 * width, 200 * width))
        of_a_pass = 4 * rows * (outputs + 1) * width  # they take twice as long, for it waits for the data and for exp
        pays = sample_rows * of_a_row + objective.size**3 // 3 <= SAVED * of_a_pass
        return cls(sample_rows, of_a_row * rows <= SEVERAL * newton_limit, pays)


def sampled_sketch(
    sample: Objective, penalty: Penalty, start: Array, memory: int, *, dense: str, seed: int
) -> Sketch:  # fmt: skip
    """The sample's optimum, as far as sampling error makes sense, and what solves with its Hessian there.

    The Hessian costs as much as many passes, so the way there is L-BFGS with a Kronecker metric or, of a sample that
    is large itself, with the Hessian of a quarter of it; Newton's steps only where that fails. `dense` is empty, or
    says why the Hessian is not formed at all.
    """
    start = null_start(sample, start)
    # what one row more would weigh: of rare classes little, as the curvature of the loss is
    ridge = 4.0 * float(np.diagonal(sample.curvature_between_outputs(start)).mean()) / sample.rows
    function, tol = Smooth(sample, penalty, ridge), 0.1 * sample.size / sample.rows
    if not dense and sample.rows * sample.size**2 > MANY and sample.rows > QUARTERED * sample.size:
        quarter = sampled_sketch(sample.sample(sample.rows // 4, seed), penalty, start, memory, dense="", seed=seed)
        start, base = quarter.beta, quarter.inverse
    else:
        base = _kronecker(sample, penalty, start, ridge)
    near = descend(function, start, Metric(base, memory), tol=tol, limit=30, patience=8)
    if not dense and near.status is not Status.CONVERGED:
        near = minimise(function, near.beta, tol=tol, limit=15)
    note = f"sample of {sample.rows} rows, {function.passes} passes over it, "
    if dense:
        metric = _kronecker(sample, penalty, near.beta, 0.0)
        note += f"Kronecker metric: a Hessian of {sample.size} x {sample.size} {dense}"
        return Sketch(near.beta, metric, note, patience=8)
    known = near.evaluation.hessian
    factor = _without_ridge(function.rough_hessian(near.beta) if known is None else known, sample, ridge)
    if known is None and factor.error > SINGLE:
        exact = function.evaluate(near.beta, 2).hessian
        assert exact is not None
        factor = _without_ridge(exact, sample, ridge)
    return Sketch(near.beta, factor, note + "dense factor")


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
    return Sketch(start, inverse, note, patience=WIDE_PATIENCE)


def diagonal_sketch(objective: Objective, penalty: Penalty, start: Array) -> Sketch:
    """Standardised columns have about the same curvature: that of the intercept. Reads no row."""
    curvature = objective.loss.flattest + penalty.curvature(start)
    return Sketch(start, Diagonal(curvature), f"{objective.size} coefficients: diagonal metric", patience=WIDE_PATIENCE)


def refreshed(inverse: BlockDiagonal, function: Smooth, beta: Array) -> BlockDiagonal:
    """The same columns' block, and the diagonal, on the whole data at beta. One pass."""
    block, diagonal = function.objective.curvature(beta, inverse.columns)
    return BlockDiagonal.of(inverse.columns, block, diagonal, function.penalty.curvature(beta))


def null_start(objective: Objective, start: Array) -> Array:
    """The null model in the place of zeros."""
    if start.any() or not objective.intercept or objective.source.has_offset:
        return start
    return objective.null()[0]


def _kronecker(sample: Objective, penalty: Penalty, beta: Array, ridge: float) -> Kronecker:
    """The metric at beta; columns that the sample hardly saw have the spread of the whole data."""
    between = sample.curvature_between_outputs(beta)
    curvature = (penalty.curvature(beta) + ridge).reshape(len(between), -1)
    moments = sample.second_moments()
    return Kronecker.of(between, moments + np.diag(_missed(sample, moments)), curvature)


def _without_ridge(hessian: Array, sample: Objective, ridge: float) -> Factor:
    """The ridge bounds the sample's solution, and has no place in the metric: along weakly determined directions it
    would make the decrement, by which we stop, far too small. It stays only where the sample sees no curvature.
    """
    whole = hessian + np.diag(_missed(sample, hessian))
    plain = Factor(whole - ridge * np.eye(len(whole)))
    return plain if plain.rank == len(whole) else Factor(whole)


def _missed(sample: Objective, hessian: Array) -> Array:
    """Curvature of columns that the sample hardly saw: there the whole data's spread, which is 1, speaks instead."""
    columns = sample.source.moments(sample.threads)
    seen = columns.deviation / columns.weight + (0.0 if sample.intercept else columns.mean**2)
    diagonal = np.diagonal(hessian).reshape(-1, sample.width)
    typical = diagonal[:, :1] if sample.intercept else diagonal.mean(axis=1, keepdims=True)
    missed = np.where(seen < 0.5, typical * np.maximum(0.0, 1.0 - seen), 0.0)
    return np.hstack([np.zeros((len(missed), int(sample.intercept))), missed]).ravel()
