"""Sketched Newton: the Hessian of a sample preconditions quasi-Newton steps on the whole data. The default."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array, check_integer
from oddsmith.errors import Status
from oddsmith.objective import Evaluation, Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import newton_cg
from oddsmith.solvers.base import (
    FULL_PRECISION,
    ROUNDING,
    Smooth,
    Solution,
    Step,
    continued,
    dot,
    gradient_of,
    may_run_off,
    search,
)
from oddsmith.solvers.newton import Newton
from oddsmith.solvers.sketches import (
    BLOCK,
    BlockDiagonal,
    Metric,
    block_sketch,
    dense_sketch,
    diagonal_sketch,
    refreshed,
)

PATIENCE, WIDE_PATIENCE = 3, 40  # passes in which the decrement must fall tenfold
SPARSE = 0.1  # of the entries stored: above it a square matrix costs little beside the passes


@dataclass(frozen=True)
class SketchedNewton:
    """Solve a sample by Newton; keep its factor as the first inverse Hessian of L-BFGS on the whole data.

    The sample only preconditions: it decides how many passes are made, never where they end. When the decrement does
    not fall tenfold in three passes, exact Newton steps on the whole data take over. With tol=None one exact Newton
    step ends the fit. With a number as tol the last pass forms the Hessian where a coefficient is not penalised: only
    it can prove that an optimum exists. Data of few rows are solved by exact Newton from the beginning.

    Above `dense_limit` coefficients there is no square matrix: the sketch is the sample's Hessian among the 500
    columns that store most, and a diagonal for the rest. So it is above 500 columns where little is stored, all are
    penalised, and tol is a number. When the decrement does not fall tenfold in 40 passes, block and diagonal are formed
    anew on the whole data; when that does not help, Newton steps by conjugate gradients (below the limit, exact ones)
    take over.

    Parameters
    ----------
    rows_per_column : int, default 20
    least_rows : int, default 20_000
        The sample has max(rows_per_column * p, least_rows) rows; for a block and a diagonal least_rows.
    memory : int, default 10
        Pairs that L-BFGS keeps.
    dense_limit : int, default 4000
        Above so many coefficients no square matrix is formed, and no optimum can be proved.
    seed : int, default 0
    max_passes : int, default 1000

    References
    ----------
    Nocedal and Wright (2006), chapter 7, for L-BFGS; Erdogdu and Montanari (2015) for sub-sampled Newton.
    """

    rows_per_column: int = 20
    least_rows: int = 20_000
    memory: int = 10
    dense_limit: int = 4000
    seed: int = 0
    max_passes: int = 1000
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
        wide = objective.size > self.dense_limit or self._cheaper_in_blocks(objective, penalty, tol)
        sample_rows = self.least_rows if wide else max(self.rows_per_column * objective.size, self.least_rows)
        if not wide and objective.rows <= 3 * sample_rows:
            return Newton().solve(objective, penalty, start, tol=tol, max_passes=limit)
        if wide and objective.loss.outputs > 1:
            sketch = diagonal_sketch(objective, penalty, start)
        elif wide:
            sample = objective.sample(sample_rows, self.seed)
            sketch = block_sketch(sample, penalty, _null_start(objective, start), self.rows_per_column)
        else:
            sketch = dense_sketch(objective.sample(sample_rows, self.seed), penalty, start)
        function = Smooth(objective, penalty)
        metric = Metric(sketch.inverse, self.memory)
        solution = self._descend(function, sketch.beta, metric, sketch.note, wide=wide, tol=tol, limit=limit)
        if solution.status is Status.STALLED and isinstance(metric.base, BlockDiagonal):
            solution = self._refreshed(function, solution, metric, tol=tol, limit=limit)
        return self._finished(function, solution, metric, wide=wide, tol=tol, limit=limit)

    def _cheaper_in_blocks(self, objective: Objective, penalty: Penalty, tol: float | None) -> bool:
        """Whether a square matrix would take longer than all passes do: many columns that store little.

        Not where the matrix is needed for a proof: at full precision, or where a coefficient is not penalised.
        """
        if tol is None or objective.loss.outputs > 1 or objective.size <= BLOCK or may_run_off(objective, penalty):
            return False
        design = next(objective.source.blocks()).design
        return design.entries < SPARSE * design.shape[0] * design.shape[1]

    def _refreshed(
        self, function: Smooth, solution: Solution, metric: Metric, *, tol: float | None, limit: int
    ) -> Solution:
        """Go on with the block of the whole data where the sample's did not do."""
        assert isinstance(metric.base, BlockDiagonal)
        if function.passes + 1 >= limit:
            return solution
        metric.base = refreshed(metric.base, function, solution.beta)
        metric.pairs.clear()
        note = "slow: block and diagonal on the whole data"
        again = self._descend(function, solution.beta, metric, note, wide=True, tol=tol, limit=limit)
        return replace(again, trace=(*solution.trace, *again.trace))

    def _finished(
        self, function: Smooth, solution: Solution, metric: Metric, *, wide: bool, tol: float | None, limit: int
    ) -> Solution:
        """Newton on the whole data, where the metric had to give up or an exact final step is asked for."""
        left = limit - function.passes
        stalled = solution.status is Status.STALLED
        if left <= 0 or not (stalled or (tol is None and not wide and solution.status is Status.CONVERGED)):
            return solution
        objective, penalty = function.objective, function.penalty
        if objective.size > self.dense_limit:
            exact = newton_cg.minimise(Smooth(objective, penalty), solution.beta, metric.base, tol=tol, limit=left)
            return continued(solution, exact, "slow: Newton steps by conjugate gradients on the whole data")
        exact = Newton().solve(objective, penalty, solution.beta, tol=tol, max_passes=left)
        return continued(solution, exact, "exact Newton on the whole data" if stalled else "exact final step")

    def _descend(
        self, function: Smooth, beta: Array, metric: Metric, note: str, *, wide: bool, tol: float | None, limit: int
    ) -> Solution:
        """L-BFGS. STALLED asks for a better metric: the decrement has not fallen tenfold in so many passes."""
        goal = FULL_PRECISION if tol is None else 0.5 * tol
        patience = WIDE_PATIENCE if wide else PATIENCE
        proof_wanted = tol is not None and not wide and may_run_off(function.objective, function.penalty)
        length = 1.0
        beta, now = _better_start(function, beta)
        trace: list[Step] = []
        while True:
            gradient = gradient_of(now)
            direction = -metric.apply(gradient)
            decrement = max(0.0, -0.5 * dot(gradient, direction))
            if wide:  # then the metric knows too little of the Hessian to be believed alone
                decrement = max(decrement, _still_to_gain(trace, now.value))
            near = 0.05 * decrement <= goal * abs(now.value)
            trace.append(Step(function.passes, now.value, decrement, length, note))
            note = ""
            status = None
            floor = _slow(trace, PATIENCE) and decrement <= ROUNDING * abs(now.value)
            if floor or decrement <= goal * abs(now.value):
                status = Status.CONVERGED
            elif function.separates(now):
                status = Status.SEPARATED
            elif function.passes >= limit:
                status = Status.PASS_LIMIT
            elif _slow(trace, patience):
                status = Status.STALLED
            else:
                new, length = search(function, beta, direction, now, 2 if proof_wanted and near else 1)
                if length == 0.0:
                    status = Status.CONVERGED if decrement <= ROUNDING * abs(now.value) else Status.STALLED
                else:
                    metric.update(length * direction, gradient_of(new) - gradient)
                    beta, now = beta + length * direction, new
            if status is not None:
                return Solution(beta, now, status, tuple(trace), decrement)


def _slow(trace: list[Step], patience: int) -> bool:
    return len(trace) > patience and trace[-1].decrement > 0.1 * trace[-1 - patience].decrement


def _still_to_gain(trace: list[Step], value: float) -> float:
    """What is left if the objective goes on falling at the rate at which it fell: a geometric series."""
    steps = min(5, len(trace) // 2)
    if steps == 0:
        return 0.0
    middle, first = trace[-steps].value, trace[-2 * steps].value
    late, early = middle - value, first - middle
    if not 0.0 < late < early:
        return max(0.0, late)
    return late * late / (early - late)


def _null_start(objective: Objective, start: Array) -> Array:
    """The null model in the place of zeros."""
    if start.any() or not objective.intercept or objective.source.has_offset:
        return start
    return objective.null()[0]


def _better_start(function: Smooth, beta: Array) -> tuple[Array, Evaluation]:
    """The sample's solution, unless the null model is better: then the sample was misleading."""
    now = function.evaluate(beta, 1)
    objective = function.objective
    if not objective.intercept or objective.source.has_offset:
        return beta, now
    null, value = objective.null()
    if now.value <= value or np.array_equal(beta, null):
        return beta, now
    return null, function.evaluate(null, 1)
