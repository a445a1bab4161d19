"""Sketched Newton: the Hessian of a sample preconditions quasi-Newton steps on the whole data. The default."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from oddsmith.arrays import Array, check_integer
from oddsmith.errors import Status
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import newton_cg
from oddsmith.solvers.base import Smooth, Solution, continued, may_run_off
from oddsmith.solvers.newton import Newton
from oddsmith.solvers.quasi_newton import Metric, descend
from oddsmith.solvers.sketches import (
    BLOCK,
    BlockDiagonal,
    Costs,
    Sketch,
    block_sketch,
    diagonal_sketch,
    null_start,
    refreshed,
    sampled_sketch,
)

ROUGH = 1e-2  # a relative decrement at which curvature is known well enough to be formed on the whole data
SPARSE = 0.1  # of the entries stored: above it a square matrix costs little beside the passes


@dataclass(frozen=True)
class SketchedNewton:
    """Solve a sample; keep the factor of its Hessian as the first inverse Hessian of L-BFGS on the whole data.

    The sample only preconditions: it decides how many passes are made, never where they end. When the decrement does
    not fall tenfold in three passes (eight by a Kronecker product), exact Newton steps on the whole data take over.
    Once steps are known to be good the last one is taken without looking at it: the certificate tells what it leaves.
    With tol=None one exact Newton step ends the fit. With a number as tol the last pass forms the Hessian where a
    coefficient is not penalised: only it can prove that an optimum exists. Data of few rows are solved by exact Newton
    from the beginning. Of several outputs, the Hessian of the sample is a Kronecker product where it would cost more
    than it saves.

    Above `dense_limit` coefficients there is no square matrix: the sketch is the sample's Hessian among the 500
    columns that store most, and a diagonal for the rest. So it is above 500 columns where little is stored, all are
    penalised, and tol is a number. At a decrement of 1e-2, or when it does not fall tenfold in 40 passes, block and
    diagonal are formed anew on the whole data; when that does not help, Newton steps by conjugate gradients (below the
    limit, exact ones) take over.

    Parameters
    ----------
    rows_per_column : int, default 80
        The sample has so many rows for a column, unless these are more than a quarter of all or their Hessian costs
        more than a few passes; in any case a quarter as many. Of more than two classes as many as pay.
    most_rows : int, default 40_000
        Where a twentieth of all rows is more, it is that, up to most_rows. For a block and a diagonal it is half as
        many.
    newton_limit : int, default 30_000_000
        Up to so many products in a Hessian of all rows, n p^2 / 2, and 60 000 rows, exact Newton steps are taken from
        the beginning; of K classes, up to seven times as many in n (K - 1)^2 p^2 / 4.
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

    rows_per_column: int = 80
    most_rows: int = 40_000
    memory: int = 10
    dense_limit: int = 4000
    seed: int = 0
    newton_limit: int = 30_000_000
    max_passes: int = 1000
    name: ClassVar[str] = "sketched_newton"
    refined: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("rows_per_column", "most_rows", "memory", "newton_limit", "max_passes"):
            check_integer(getattr(self, name), name)

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None
    ) -> Solution:
        """Minimise objective + penalty from start."""
        limit = max_passes or self.max_passes
        costs = Costs.of(objective, self.rows_per_column, self.most_rows, self.newton_limit)
        in_blocks = self._in_blocks(objective, penalty, tol)
        dense = not in_blocks and objective.size <= self.dense_limit
        if dense and costs.few:
            return Newton().solve(objective, penalty, start, tol=tol, max_passes=limit)
        if in_blocks:
            sample = objective.sample(self.most_rows // 2, self.seed)
            sketch = block_sketch(sample, penalty, null_start(objective, start), self.rows_per_column // 4)
        elif objective.loss.outputs * objective.width**2 > self.dense_limit**2:  # what a Kronecker metric keeps
            sketch = diagonal_sketch(objective, penalty, start)
        else:
            sketch = self._sampled(objective, penalty, start, costs)
        function, metric = Smooth(objective, penalty), Metric(sketch.inverse, self.memory)
        first = tol if not in_blocks else max(tol or 0.0, ROUGH)
        solution = descend(
            function, sketch.beta, metric, tol=first, limit=limit, note=sketch.note, patience=sketch.patience,
            cautious=not dense, proof=tol is not None and dense and may_run_off(objective, penalty),
        )  # fmt: skip
        if isinstance(metric.base, BlockDiagonal) and (solution.status is Status.STALLED or first != tol):
            solution = self._refreshed(function, solution, metric, sketch, tol=tol, limit=limit)
        return self._finished(function, solution, metric, dense=dense, tol=tol, limit=limit)

    def _in_blocks(self, objective: Objective, penalty: Penalty, tol: float | None) -> bool:
        """Whether a square matrix is too large, or would take longer than all passes do: columns that store little.

        Not where the matrix is needed for a proof: at full precision, or where a coefficient is not penalised.
        """
        if objective.loss.outputs > 1 or objective.size > self.dense_limit:
            return objective.loss.outputs == 1
        if tol is None or objective.size <= BLOCK or may_run_off(objective, penalty):
            return False
        design = next(objective.source.blocks()).design
        return design.entries < SPARSE * design.shape[0] * design.shape[1]

    def _sampled(self, objective: Objective, penalty: Penalty, start: Array, costs: Costs) -> Sketch:
        """By the Hessian of a sample, or what can be had of it."""
        why = "" if costs.hessian_pays else "would cost more than the passes it saves"
        why = why if objective.size <= self.dense_limit else "is too large"
        sample = objective.sample(costs.sample_rows, self.seed)
        return sampled_sketch(sample, penalty, start, self.memory, dense=why, seed=self.seed)

    def _refreshed(
        self, function: Smooth, solution: Solution, metric: Metric, sketch: Sketch, *, tol: float | None, limit: int
    ) -> Solution:
        """Go on with the block of the whole data, where the sample's did not do or has done its part."""
        assert isinstance(metric.base, BlockDiagonal)
        if function.passes + 1 >= limit:
            return solution
        metric.base = refreshed(metric.base, function, solution.beta)
        if solution.status is Status.STALLED:
            metric.pairs.clear()
        again = descend(
            function, solution.beta, metric, tol=tol, limit=limit, patience=sketch.patience, cautious=True,
            note="block and diagonal on the whole data",
        )  # fmt: skip
        return replace(again, trace=(*solution.trace, *again.trace))

    def _finished(
        self, function: Smooth, solution: Solution, metric: Metric, *, dense: bool, tol: float | None, limit: int
    ) -> Solution:
        """Newton on the whole data, where the metric had to give up or an exact final step is asked for."""
        left = limit - function.passes
        stalled = solution.status is Status.STALLED
        if left <= 0 or not (stalled or (tol is None and dense and solution.status is Status.CONVERGED)):
            return solution
        objective, penalty = function.objective, function.penalty
        if objective.size > self.dense_limit:
            exact = newton_cg.minimise(Smooth(objective, penalty), solution.beta, metric.base, tol=tol, limit=left)
            return continued(solution, exact, "slow: Newton steps by conjugate gradients on the whole data")
        exact = Newton().solve(objective, penalty, solution.beta, tol=tol, max_passes=left)
        return continued(solution, exact, "exact Newton on the whole data" if stalled else "exact final step")
