"""Sketched Newton: the Hessian of a sample preconditions quasi-Newton steps on the whole data. The default."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array, check_integer
from oddsmith.errors import Status
from oddsmith.factor import Factor
from oddsmith.objective import Evaluation, Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import (
    FULL_PRECISION,
    ROUNDING,
    Smooth,
    Solution,
    Step,
    continued,
    gradient_of,
    may_run_off,
    search,
)
from oddsmith.solvers.kronecker import Kronecker
from oddsmith.solvers.newton import Newton, minimise

FEW = 2e8  # multiplications that are done in no time
SAVED = 10  # passes that a dense factor saves, where a Kronecker metric would do


@dataclass(frozen=True)
class SketchedNewton:
    """Solve a sample; keep the factor of its Hessian as the first inverse Hessian of L-BFGS on the whole data.

    The sample only preconditions: it decides how many passes are made, never where they end. When the decrement does
    not fall tenfold in three passes, exact Newton steps on the whole data take over. With tol=None one exact Newton
    step ends the fit. With a number as tol the last pass forms the Hessian where a coefficient is not penalised: only
    it can prove that an optimum exists. Data of few rows are solved by exact Newton from the beginning. Of several
    outputs, the Hessian of the sample is a Kronecker product where it would cost more than it saves.

    Parameters
    ----------
    rows_per_column : int, default 20
    least_rows : int, default 20_000
        The sample has max(rows_per_column * p, least_rows) rows; of more than two classes as many as pay.
    memory : int, default 10
        Pairs that L-BFGS keeps.
    dense_limit : int, default 4000
        Above so many coefficients no square matrix is formed: the sketch is a diagonal.
    seed : int, default 0
    max_passes : int, default 200

    References
    ----------
    Nocedal and Wright (2006), chapter 7, for L-BFGS; Erdogdu and Montanari (2015) for sub-sampled Newton.
    """

    rows_per_column: int = 20
    least_rows: int = 20_000
    memory: int = 10
    dense_limit: int = 4000
    seed: int = 0
    max_passes: int = 200
    name: ClassVar[str] = "sketched_newton"
    refined: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("rows_per_column", "least_rows", "memory", "max_passes"):
            check_integer(getattr(self, name), name)

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None
    ) -> Solution:
        """Minimise objective + penalty from start."""
        limit = max_passes or self.max_passes
        cost = Costs.of(objective, max(self.rows_per_column * objective.size, self.least_rows))
        if objective.size <= self.dense_limit and cost.few:
            return Newton().solve(objective, penalty, start, tol=tol, max_passes=limit)
        sample = objective.sample(cost.sample_rows, self.seed)
        if objective.loss.outputs * objective.width**2 <= self.dense_limit**2:  # what a Kronecker metric keeps
            beta, metric, note = self._sketch(sample, penalty, start, cost)
        else:
            beta, metric, note = _diagonal_sketch(sample, penalty, start, self.memory)
        return self._on_all(objective, penalty, beta, metric, note, tol=tol, limit=limit)

    def _sketch(self, sample: Objective, penalty: Penalty, start: Array, cost: Costs) -> tuple[Array, Metric, str]:
        """The sample's optimum, as far as sampling error makes sense, and what solves with its Hessian there.

        The Hessian costs as much as many passes, so the way there is L-BFGS with a Kronecker metric; Newton's steps
        only where that fails.
        """
        if sample.intercept and not sample.source.has_offset and not start.any():
            start = sample.null()[0]
        # what one row more would weigh: of rare classes little, as the curvature of the loss is
        ridge = 4.0 * float(np.diagonal(sample.curvature_between_outputs(start)).mean()) / sample.rows
        function, tol = Smooth(sample, penalty, ridge), 0.1 * sample.size / sample.rows
        first = Metric(kronecker(sample, penalty, start, ridge), self.memory)
        near = self._descend(function, start, first, "", tol=tol, limit=30, proof=False, patience=8)
        dense = sample.size <= self.dense_limit and cost.hessian_pays
        if dense and near.status is not Status.CONVERGED:
            near = minimise(function, near.beta, tol=tol, limit=15)
        note = f"sample of {sample.rows} rows, {function.passes} passes over it, "
        if dense:
            hessian = near.evaluation.hessian
            hessian = function.evaluate(near.beta, 2).hessian if hessian is None else hessian
            return near.beta, Metric(_dense_factor(sample, hessian, ridge), self.memory), note + "dense factor"
        why = "would cost more than the passes it saves" if sample.size <= self.dense_limit else "is too large"
        note += f"Kronecker metric: a Hessian of {sample.size} x {sample.size} {why}"
        return near.beta, Metric(kronecker(sample, penalty, near.beta, 0.0), self.memory), note

    def _on_all(
        self, objective: Objective, penalty: Penalty, beta: Array, metric: Metric, note: str, *,
        tol: float | None, limit: int,
    ) -> Solution:  # fmt: skip
        """L-BFGS on the whole data, and exact Newton where it gave up or full precision was asked for."""
        dense = objective.size <= self.dense_limit
        function = Smooth(objective, penalty)
        proof = tol is not None and dense and may_run_off(objective, penalty)
        solution = self._descend(function, beta, metric, note, tol=tol, limit=limit, proof=proof)
        if not dense or function.passes >= limit:
            return solution
        if solution.status is Status.STALLED or (tol is None and solution.status is Status.CONVERGED):
            left = limit - function.passes
            exact = Newton().solve(objective, penalty, solution.beta, tol=tol, max_passes=left)
            note = "exact Newton on the whole data" if solution.status is Status.STALLED else "exact final step"
            return continued(solution, exact, note)
        return solution

    def _descend(
        self, function: Smooth, beta: Array, metric: Metric, note: str, *,
        tol: float | None, limit: int, proof: bool, patience: int = 3,
    ) -> Solution:  # fmt: skip
        """L-BFGS. STALLED asks for a better metric: the decrement has not fallen tenfold in `patience` passes."""
        goal = FULL_PRECISION if tol is None else 0.5 * tol
        dense = function.objective.size <= self.dense_limit
        length = 1.0
        beta, now = _better_start(function, beta)
        trace: list[Step] = []
        while True:
            gradient = gradient_of(now)
            direction = -metric.apply(gradient)
            decrement = max(0.0, -0.5 * float(gradient @ direction))
            near = 0.05 * decrement <= goal * abs(now.value)
            trace.append(Step(function.passes, now.value, decrement, length, note))
            note = ""
            status = None
            slow = len(trace) > patience and decrement > 0.1 * trace[-1 - patience].decrement
            if decrement <= goal * abs(now.value) or (slow and decrement <= ROUNDING * abs(now.value)):
                status = Status.CONVERGED
            elif function.separates(now):
                status = Status.SEPARATED
            elif function.passes >= limit:
                status = Status.PASS_LIMIT
            elif slow and dense:
                status = Status.STALLED
            else:
                new, length = search(function, beta, direction, now, 2 if proof and near else 1)
                if length == 0.0:
                    status = Status.CONVERGED if decrement <= ROUNDING * abs(now.value) else Status.STALLED
                else:
                    metric.update(length * direction, gradient_of(new) - gradient)
                    beta, now = beta + length * direction, new
            if status is not None:
                return Solution(beta, now, status, tuple(trace), decrement)


@dataclass
class Metric:
    """L-BFGS: an inverse Hessian, corrected by the last steps and the gradient differences they made."""

    base: Factor | Kronecker | Array  # what solves with a Hessian, or the diagonal of its inverse
    memory: int
    pairs: deque[tuple[Array, Array, float]] = field(default_factory=deque)

    def apply(self, gradient: Array) -> Array:
        """The two-loop recursion of Nocedal (1980)."""
        q = gradient.copy()
        alphas = []
        for s, y, rho in reversed(self.pairs):
            alphas.append(rho * float(s @ q))
            q -= alphas[-1] * y
        q = self.base * q if isinstance(self.base, np.ndarray) else self.base.solve(q)
        for (s, y, rho), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q += (alpha - rho * float(y @ q)) * s
        return q

    def update(self, step: Array, difference: Array) -> None:
        """Remember a step, if the objective curved along it."""
        curvature = float(step @ difference)
        if curvature > 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(difference)):
            self.pairs.append((step, difference, 1.0 / curvature))
            if len(self.pairs) > self.memory:
                self.pairs.popleft()


def _dense_factor(sample: Objective, hessian: Array | None, ridge: float) -> Factor:
    """The factor of the sample's Hessian, which comes with its ridge."""
    assert hessian is not None
    hessian = hessian + np.diag(_missed(sample, hessian))
    # The ridge bounds the sample's solution, and has no place in the metric: along weakly determined directions it
    # would make the decrement, by which we stop, far too small. It stays only where the sample sees no curvature.
    plain = Factor(hessian - ridge * np.eye(len(hessian)))
    return plain if plain.rank == len(hessian) else Factor(hessian)


@dataclass(frozen=True)
class Costs:
    """How many rows are drawn, and what is worth its time. Estimates: no answer depends on them.

    Attributes
    ----------
    sample_rows : int
        Of several outputs, whose Hessian costs much more than a pass: a tenth of the rows, but 80 to 200 for each
        coefficient of an output.
    few : bool
        Whether the Hessian of all rows is formed so soon that no sketch is worth its trouble.
    hessian_pays : bool
        Whether the sample's Hessian costs less than the passes over the whole data that it saves.
    """

    sample_rows: int
    few: bool
    hessian_pays: bool

    @classmethod
    def of(cls, objective: Objective, sample_rows: int) -> Costs:
        """Of one output the sample has the rows given."""
        outputs, width = objective.loss.outputs, objective.width
        if outputs == 1:
            return cls(sample_rows, objective.rows <= 3 * sample_rows, True)
        rows = int(np.clip(objective.rows // 10, 80 * width, 200 * width))
        # in multiplications; those of a pass take twice as long, for it waits for the data and for exp
        of_a_row = outputs * (outputs + 1) // 2 * width * (width + 1) // 2
        of_a_pass = 4 * objective.rows * (outputs + 1) * width
        pays = rows * of_a_row + objective.size**3 // 3 <= SAVED * of_a_pass
        return cls(rows, of_a_row * objective.rows <= FEW, pays)


def kronecker(sample: Objective, penalty: Penalty, beta: Array, ridge: float) -> Kronecker:
    """The metric at beta; columns that the sample hardly saw have the spread of the whole data."""
    between, moments = sample.curvature_between_outputs(beta), sample.second_moments()
    curvature = (penalty.curvature(beta) + ridge).reshape(len(between), -1)
    return Kronecker.of(between, moments + np.diag(_missed(sample, moments)), curvature)


def _diagonal_sketch(sample: Objective, penalty: Penalty, start: Array, memory: int) -> tuple[Array, Metric, str]:
    """Standardised columns have about the same curvature: that of the intercept."""
    at_start = sample.evaluate(start, 1)
    curvature = sample.loss.flattest
    note = f"{sample.size} coefficients: diagonal metric, started at value {at_start.value:.6g}"
    return start, Metric(1.0 / (curvature + penalty.curvature(start)), memory), note


def _missed(sample: Objective, hessian: Array) -> Array:
    """Curvature of columns that the sample hardly saw: there the whole data's spread, which is 1, speaks instead."""
    moments = sample.second_moments()
    seen = np.diagonal(moments)[1:] - moments[0, 1:] ** 2 if sample.intercept else np.diagonal(moments)
    diagonal = np.diagonal(hessian).reshape(-1, sample.width)
    typical = diagonal[:, :1] if sample.intercept else diagonal.mean(axis=1, keepdims=True)
    missed = np.where(seen < 0.5, typical * np.maximum(0.0, 1.0 - seen), 0.0)
    return np.hstack([np.zeros((len(missed), int(sample.intercept))), missed]).ravel()


def _better_start(function: Smooth, beta: Array) -> tuple[Array, Evaluation]:
    """The sample's solution, unless the null model is better: then the sample was misleading."""
    now = function.evaluate(beta, 1)
    objective = function.objective
    if not objective.intercept or objective.source.has_offset:
        return beta, now
    null, value = objective.null()
    if now.value <= value:
        return beta, now
    return null, function.evaluate(null, 1)
