"""Firth's correction: maximum likelihood under Jeffreys' prior, whose estimates are finite and nearly unbiased."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.axes import Axes
from oddsmith.collinear import Dependence
from oddsmith.errors import DataError, Status
from oddsmith.evaluation import Evaluation
from oddsmith.factor import Factor
from oddsmith.judging import Judgement
from oddsmith.objective import Objective
from oddsmith.optimality import Certificate
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
        All coefficients, 0 at the collinear ones.
    seen : Evaluation
        Of the mean loss alone, with its Hessian.
    factor : Factor
        Of the Hessian among the free coefficients.
    value : float
        Mean loss less its share of the log-determinant.
    """

    beta: Array
    seen: Evaluation
    factor: Factor
    value: float


def log_information(hessian: Array, weight: float, axes: Axes, free: AnyArray) -> float:
    """The log-determinant of the information on raw columns, from the mean Hessian on those of `axes`.

    It depends on the units of the columns: a column in other units adds the same to it everywhere. `free` are the coefficients that count.
    """
    scale = np.concatenate([np.ones(int(axes.intercept)), axes.scale])[free]
    return float(np.linalg.slogdet(weight * hessian[np.ix_(free, free)])[1] + 2.0 * np.log(scale).sum())


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
    free : array of int
        The coefficients that are not collinear with earlier ones; the others are 0.

    References
    ----------
    Firth (1993), *Bias reduction of maximum likelihood estimates*; Heinze and Schemper (2002), *A solution to the
    problem of separation in logistic regression*; Kosmidis and Firth (2021), *Jeffreys-prior penalty, finiteness and
    shrinkage in binomial-response generalized linear models*.
    """

    objective: Objective
    axes: Axes
    free: AnyArray
    name: ClassVar[str] = "fisher_scoring"

    @classmethod
    def of(cls, objective: Objective, axes: Axes) -> Firth:
        """Without the collinear columns: their information has no determinant. One pass and more if there are any."""
        dependence = Dependence.of(objective, axes)
        return cls(objective, axes, np.delete(np.arange(objective.size), dependence.places))

    def solved(self, start: Array, *, tol: float | None, limit: int | None) -> Judgement:
        """Search from `start`, until the estimated relative suboptimality is below tol, or nothing is left to gain."""
        limit = limit or MAX_PASSES
        now = self._beginning(start)
        slope = self._slope(now)
        metric, trace = Metric(now.factor, MEMORY), list[Step]()
        length, last = 1.0, math.inf
        while True:
            metric.base = now.factor
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
        factor = Factor(seen.hessian[np.ix_(self.free, self.free)])
        if factor.rank < factor.size:
            return None
        value = seen.value - 0.5 * log_information(seen.hessian, seen.weight, self.axes, self.free) / seen.weight
        return Point(beta, seen, factor, value)

    def _slope(self, now: Point) -> Array:
        """The gradient among the free coefficients. One pass."""
        assert now.seen.gradient is not None
        half = np.zeros((self.objective.size, len(self.free)))
        half[self.free] = now.factor.half
        slope = now.seen.gradient + self.objective.bias_slope(now.beta, half) / now.seen.weight
        return slope[self.free]

    def _step(self, now: Point, direction: Array, decrement: float) -> tuple[Point | None, float]:
        """The full step, halved until it descends. A pass each."""
        length = 1.0
        for _ in range(HALVINGS):
            new = self._point(now.beta + self._all(length * direction))
            noise = ROUNDING * (abs(now.value) + now.seen.value)
            if new is not None and new.value <= now.value - 2e-4 * length * decrement + noise:
                return new, length
            length *= 0.5
        return None, 0.0

    def _beginning(self, start: Array) -> Point:
        for beta in (start, np.zeros_like(start)):
            point = self._point(self._all(beta[self.free]))
            if point is not None:
                return point
        found = "the information has no determinant, to rounding"
        raise DataError("Columns are too nearly collinear for Firth's correction", found, "Leave one of them out.")

    def _judged(
        self, now: Point, slope: Array, last_step: Array, decrement: float, status: Status, trace: tuple[Step, ...]
    ) -> Judgement:
        """After the last step, with an estimated certificate. That a finite optimum exists is a theorem."""
        step = self._all(last_step)
        seen = Evaluation(now.value, self._all(slope), now.seen.hessian, now.seen.weight, now.seen.reach)
        certificate = Certificate(
            kind="estimated",
            suboptimality=decrement / now.seen.value,
            standard_errors=math.sqrt(2.0 * seen.weight * decrement),
            violation=float(np.abs(slope).max(initial=0.0)),
            optimum_exists=True,
        )
        solution = Solution(now.beta + step, seen, status, trace, decrement, step if step.any() else None)
        return Judgement(solution, seen, certificate, status)

    def _all(self, free: Array) -> Array:
        """With zeros at the collinear coefficients."""
        out = np.zeros(self.objective.size)
        out[self.free] = free
        return out
