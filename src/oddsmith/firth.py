"""Firth's correction: maximum likelihood under Jeffreys' prior, whose estimates are finite and nearly unbiased."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array
from oddsmith.axes import Axes
from oddsmith.collinear import Dependence
from oddsmith.errors import DataError, Status
from oddsmith.evaluation import Evaluation
from oddsmith.judging import Judgement
from oddsmith.objective import Objective
from oddsmith.optimality import Certificate
from oddsmith.reduced import Reduced
from oddsmith.solvers import Metric, Solution, Step
from oddsmith.solvers.base import dot

MAX_PASSES = 1000
MEMORY = 10  # steps that correct the metric
FLOOR = 1e-27  # of the squared distance in standard errors: the step that follows leaves nothing to rounding
ROUNDING = 1e-14  # relative differences of the objective below it are noise
HALVINGS = 40


@dataclass(frozen=True)
class Point:
    """Where the search stands.

    Attributes
    ----------
    beta : array
    seen : Evaluation
        Of the mean loss alone, with its Hessian.
    value : float
        Mean loss less its share of the log-determinant.
    """

    beta: Array
    seen: Evaluation
    value: float


def log_information(hessian: Array, weight: float, axes: Axes) -> float:
    """The log-determinant of the information on raw columns, from the mean Hessian on those of `axes`.

    A column in other units adds a constant to it.
    """
    return float(np.linalg.slogdet(weight * hessian)[1] + 2.0 * np.log(axes.scale).sum())


@dataclass(frozen=True)
class Firth:
    r"""An objective under Jeffreys' prior, and the search for its minimum.

    The log-likelihood is penalised by half the log-determinant of the Fisher information I(b), which removes the bias
    of order 1/n. With the mean loss L, the sum of weights W and z the standardised row,

    .. math:: F(b) = L(b) - \frac{1}{2 W} \log |I(b)|, \qquad
              W \nabla F = \sum_i [w_i (g_i - y_i) + h_i (g_i - \tfrac{1}{2})] z_i, \qquad
              h_i = w_i g_i (1 - g_i) \, z_i' I(b)^{-1} z_i

    A weight of 2 is the row twice. The minimum is finite whatever the data, if the columns are not collinear
    (Kosmidis and Firth, 2021). But F is not known to be convex: no bound on the distance to its minimum can be proved,
    and the certificate is an estimate.

    Fisher's scoring, whose steps I(b)^{-1} would converge linearly, is corrected by the differences of gradients
    (L-BFGS), so that it converges like Newton's method without the p^3 third derivatives. A step is halved until F
    falls. A pass forms the information, and one more the leverages h: O(n p^2), row by row.

    Attributes
    ----------
    objective : Objective
        Of two classes.
    axes : Axes
        Of columns that are not collinear.

    References
    ----------
    Firth (1993), *Bias reduction of maximum likelihood estimates*; Heinze and Schemper (2002), *A solution to the
    problem of separation in logistic regression*; Kosmidis and Firth (2021), *Jeffreys-prior penalty, finiteness and
    shrinkage in binomial-response generalized linear models*.
    """

    objective: Objective
    axes: Axes
    name: ClassVar[str] = "fisher_scoring"

    def solved(self, start: Array, *, tol: float | None, limit: int | None) -> Judgement:
        """Search from `start`, until the estimated relative suboptimality is below tol, or nothing is left to gain."""
        limit = limit or MAX_PASSES
        now = self._beginning(start)
        slope = self._slope(now)
        metric, trace = Metric(now.seen.factor, MEMORY), list[Step]()
        length, last = 1.0, math.inf
        while True:
            metric.base = now.seen.factor
            direction = -metric.apply(slope)
            decrement = max(0.0, -0.5 * dot(slope, direction))
            trace.append(Step(self.objective.passes, now.value, decrement, length))
            over = self._status(now, decrement, last, tol, limit)
            if over is None:
                new, length = self._step(now, direction, decrement)
                if new is not None:
                    changed = self._slope(new)
                    metric.update(length * direction, changed - slope)
                    now, slope, last = new, changed, decrement
                    continue
                over = Status.STALLED if decrement > ROUNDING * now.seen.value else Status.CONVERGED
            if over is not Status.CONVERGED or tol is not None:
                direction = np.zeros_like(direction)
            return self._judged(now, slope, direction, decrement, over, tuple(trace))

    def _status(self, now: Point, decrement: float, last: float, tol: float | None, limit: int) -> Status | None:
        """How the search ends here; None if it goes on."""
        size = now.seen.value
        asked = FLOOR / now.seen.weight if tol is None else tol * size
        # at the floor the slope is down to its own rounding
        floor = decrement > 0.5 * last and decrement <= ROUNDING**1.5 * size
        if floor or 2.0 * decrement <= asked:
            return Status.CONVERGED
        return Status.PASS_LIMIT if self.objective.passes >= limit else None

    def _point(self, beta: Array) -> Point | None:
        """One pass; None where the information is singular, and F infinite."""
        seen = self.objective.evaluate(beta, 2)
        assert seen.hessian is not None
        if not np.isfinite(seen.value):
            return None
        if seen.factor.rank < seen.factor.size:
            return None
        return Point(beta, seen, seen.value - 0.5 * log_information(seen.hessian, seen.weight, self.axes) / seen.weight)

    def _slope(self, now: Point) -> Array:
        """The gradient. One pass."""
        assert now.seen.gradient is not None
        slope = self.objective.bias_slope(now.beta, now.seen.factor.half)
        return now.seen.gradient + slope / now.seen.weight

    def _step(self, now: Point, direction: Array, decrement: float) -> tuple[Point | None, float]:
        """The full step, halved until it descends. A pass each."""
        length = 1.0
        for _ in range(HALVINGS):
            new = self._point(now.beta + length * direction)
            noise = ROUNDING * (abs(now.value) + now.seen.value)
            if new is not None and new.value <= now.value - 2e-4 * length * decrement + noise:
                return new, length
            length *= 0.5
        return None, 0.0

    def _beginning(self, start: Array) -> Point:
        for beta in (start, np.zeros_like(start)):
            point = self._point(beta)
            if point is not None:
                return point
        found = "the information has no determinant, to rounding"
        raise DataError("Columns are too nearly collinear for Firth's correction", found, "Leave one of them out.")

    def _judged(
        self, now: Point, slope: Array, last_step: Array, decrement: float, status: Status, trace: tuple[Step, ...]
    ) -> Judgement:
        """After the last step, with an estimated certificate. That a finite optimum exists is a theorem."""
        seen = replace(now.seen, value=now.value, gradient=slope)
        certificate = Certificate(
            kind="estimated",
            suboptimality=decrement / now.seen.value,
            standard_errors=math.sqrt(2.0 * seen.weight * decrement),
            violation=float(np.abs(slope).max(initial=0.0)),
            optimum_exists=True,
        )
        ended = last_step if last_step.any() else None
        return Judgement(
            Solution(now.beta + last_step, seen, status, trace, decrement, ended), seen, certificate, status
        )


def bias_reduced(objective: Objective, axes: Axes, start: Array, *, tol: float | None, limit: int | None) -> Judgement:
    """Firth's estimates, 0 at collinear columns: without these the information has a determinant."""
    reduced = Reduced(objective, Dependence.of(objective, axes).places)
    found = Firth(reduced, reduced.axes(axes)).solved(reduced.free(start), tol=tol, limit=limit)
    seen, solution = reduced.spread_evaluation(found.evaluation), found.solution
    step = None if solution.last_step is None else reduced.spread(solution.last_step)
    solution = replace(solution, beta=reduced.spread(solution.beta), evaluation=seen, last_step=step)
    return replace(found, solution=solution, evaluation=seen)
