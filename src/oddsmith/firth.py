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
from oddsmith.factor import Factor
from oddsmith.judging.certificate import Certificate
from oddsmith.judging.judge import Judgement
from oddsmith.objective import Objective
from oddsmith.reduced import Reduced
from oddsmith.solvers import Metric, Solution, Step
from oddsmith.solvers.base import dot

MAX_PASSES = 1000
MEMORY = 10  # steps that correct the metric
FLOOR = 1e-27  # of the squared distance in standard errors: the step that follows leaves nothing to rounding
ROUNDING = 1e-14  # of the decrement, relative to the mean loss: below it nothing is left to gain
NOISE = 1e-13  # relative differences of F below it are
STIFF = 1e3  # of the trace of the inverse on axes scaled to a unit diagonal: above it normal equations cost digits
FAR, LONGEST = 0.01, 5.0  # with a decrement so large, no row's log-odds may change by more: curvature may have vanished
HALVINGS = 30


@dataclass(frozen=True)
class Point:
    """Where the search stands.

    Attributes
    ----------
    beta : array
    seen : Evaluation
        Of the mean loss alone, with its Hessian.
    half : array
        M with M M' the inverse of this Hessian.
    value : float
        F: the mean loss less its share of the log-determinant.
    slope : array
        The gradient of F.
    """

    beta: Array
    seen: Evaluation
    half: Array
    value: float
    slope: Array

    @property
    def decrement(self) -> float:
        """What is left to gain, by the curvature of the loss alone."""
        inner = self.half.T @ self.slope
        return 0.5 * dot(inner, inner)

    @property
    def variance(self) -> Array:
        """The diagonal of H^-1."""
        out: Array = np.einsum("ij,ij->i", self.half, self.half)
        return out

    def solve(self, vector: Array) -> Array:
        """H^-1 vector."""
        out: Array = self.half @ (self.half.T @ vector)
        return out


def log_information(half: Array, weight: float, axes: Axes) -> float:
    """The log-determinant of the information on raw columns, from M: M M' is the inverse of the mean Hessian on `axes`.

    A column in other units adds a constant to it.
    """
    of_units = len(half) * math.log(weight) + 2.0 * float(np.log(axes.scale).sum())
    return of_units - 2.0 * float(np.linalg.slogdet(half)[1])


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
    falls. A pass forms the information, and one more the leverages h: O(n p^2), row by row. Where columns are nearly
    collinear a third one between them forms the information again, on axes on which it is nearly the identity.

    The suboptimality of its certificate is relative to the mean loss, for F may be 0.

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
        metric, trace = Metric(now, MEMORY), list[Step]()
        length = 1.0
        while True:
            metric.base = now
            direction = -metric.apply(now.slope)
            decrement = max(0.0, -0.5 * dot(now.slope, direction))
            trace.append(Step(self.objective.passes, now.value, decrement, length))
            over = self._status(now, trace, tol, limit)
            if over is None:
                new, length = self._step(now, direction, decrement)
                if new is not None:
                    metric.update(length * direction, new.slope - now.slope)
                    now = new
                    continue
                over = Status.STALLED if decrement > ROUNDING * now.seen.value else Status.CONVERGED
            if over is not Status.CONVERGED or tol is not None:
                direction = np.zeros_like(direction)
            return self._judged(now, direction, decrement, over, tuple(trace))

    def _status(self, now: Point, trace: list[Step], tol: float | None, limit: int) -> Status | None:
        """How the search ends here; None if it goes on."""
        size, decrement = now.seen.value, trace[-1].decrement
        asked = FLOOR / now.seen.weight if tol is None else tol * size
        # at the floor the slope is down to its own rounding
        floor = decrement <= ROUNDING**1.5 * size and len(trace) > 3 and decrement > 0.1 * trace[-4].decrement
        if floor or 2.0 * decrement <= asked:
            return Status.CONVERGED
        return Status.PASS_LIMIT if self.objective.passes >= limit else None

    def _point(self, beta: Array) -> Point | None:
        """Two passes, or three; None where the information is singular, and F infinite."""
        seen = self.objective.evaluate(beta, 2)
        assert seen.hessian is not None and seen.gradient is not None
        if not np.isfinite(seen.value) or seen.factor.rank < seen.factor.size:
            return None
        half, weight = seen.factor.half, seen.weight
        if np.square(half * seen.factor.scale[:, None]).sum() > STIFF:
            inner = Factor(self.objective.between(beta, half))
            half = half @ inner.half
        value = seen.value - 0.5 * log_information(half, weight, self.axes) / weight
        return Point(beta, seen, half, value, seen.gradient + self.objective.bias_slope(beta, half) / weight)

    def _step(self, now: Point, direction: Array, decrement: float) -> tuple[Point | None, float]:
        """The full step, or one not too long, halved until F falls or, where rounding hides that, its slope."""
        length, noise = 1.0, NOISE * (abs(now.value) + now.seen.value)
        if decrement > FAR * now.seen.value:
            length = min(1.0, LONGEST / math.sqrt(self.objective.widest(direction[:, None])))
        for _ in range(HALVINGS):
            new = self._point(now.beta + length * direction)
            if new is not None:
                gain = now.value - new.value
                if gain > max(noise, 2e-4 * length * decrement):
                    return new, length
                if abs(gain) <= noise and new.decrement < now.decrement:
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
        self, now: Point, last_step: Array, decrement: float, status: Status, trace: tuple[Step, ...]
    ) -> Judgement:
        """After the last step, with an estimated certificate. That a finite optimum exists is a theorem."""
        seen = replace(now.seen, value=now.value, gradient=now.slope, root=now.half)
        certificate = Certificate(
            kind="estimated",
            suboptimality=decrement / now.seen.value,
            standard_errors=math.sqrt(2.0 * seen.weight * decrement),
            violation=float(np.abs(now.slope).max(initial=0.0)),
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
