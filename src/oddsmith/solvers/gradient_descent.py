"""Gradient descent, batch and mini-batch: the textbook's method, on the engine's objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array, check_integer, check_positive
from oddsmith.errors import Status
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import FULL_PRECISION, ROUNDING, Smooth, Solution, Step, gradient_of


@dataclass(frozen=True)
class GradientDescent:
    """beta <- beta - learning_rate * gradient, on standardised columns.

    Parameters
    ----------
    learning_rate : float, optional
        The default is 1 / L, L the largest eigenvalue of the Hessian at beta = 0, found by a power iteration.
    max_iter : int, default 1000
        Iterations. With mini-batches an iteration is one sweep over all of them.
    batch_size : int, optional
        Rows in a batch; all rows by default.
    seed : int, default 0
        For the order of the rows in mini-batches.

    Notes
    -----
    The trace of a fit holds the loss (plus penalty) on the whole data, once for each iteration and at the start.
    A batch iteration is one pass; a sweep of mini-batches is one, and its loss another.

    References
    ----------
    Nesterov, *Lectures on Convex Optimization* (2018), section 2.1.
    """

    learning_rate: float | None = None
    max_iter: int = 1000
    batch_size: int | None = None
    seed: int = 0
    name: ClassVar[str] = "gradient_descent"
    refined: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.learning_rate is not None:
            check_positive(self.learning_rate, "learning_rate", "Leave it out for 1 / L.")
        check_integer(self.max_iter, "max_iter")
        if self.batch_size is not None:
            check_integer(self.batch_size, "batch_size", "Leave it out for all rows.")

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None
    ) -> Solution:
        """Minimise objective + penalty from start."""
        function = Smooth(objective, penalty)
        # the trace of the Hessian bounds its largest eigenvalue; where passes are few, none is spent to know better
        few = max_passes is not None and max_passes < 30
        curvature = objective.loss.steepest * objective.width + float(penalty.curvature(start).max(initial=0.0))
        rate = self.learning_rate or 1.0 / (curvature if few else _largest_curvature(function, start, self.seed))
        if self.batch_size is None or self.batch_size >= objective.rows:
            return self._batch(function, start, rate, tol, max_passes)
        return self._mini_batch(function, start, rate, max_passes)

    def _batch(self, function: Smooth, beta: Array, rate: float, tol: float | None, max_passes: int | None) -> Solution:
        goal = FULL_PRECISION if tol is None else 0.5 * tol  # half: what it bounds is an estimate
        now = function.evaluate(beta)
        trace = [Step(function.passes, now.value, length=rate)]
        status = Status.PASS_LIMIT
        for _ in range(self.max_iter):
            if max_passes is not None and function.passes >= max_passes:
                break
            beta = beta - rate * gradient_of(now)
            new = function.evaluate(beta)
            left = _left_to_gain(rate, gradient_of(new), gradient_of(now))
            now = new
            trace.append(Step(function.passes, now.value, left, rate))
            if not np.isfinite(now.value) or now.value > trace[0].value * (1 + ROUNDING):
                status = Status.DIVERGED
                break
            if left <= goal * now.value:
                status = Status.CONVERGED
                break
        return Solution(beta, now, status, tuple(trace), trace[-1].decrement)

    def _mini_batch(self, function: Smooth, beta: Array, rate: float, max_passes: int | None) -> Solution:
        rng = np.random.default_rng(self.seed)
        now = function.evaluate(beta)
        trace = [Step(function.passes, now.value, length=rate)]
        for _ in range(self.max_iter):
            if max_passes is not None and function.passes >= max_passes:
                break
            for batch in function.objective.batches(self.batch_size or 1, rng):
                beta = beta - rate * gradient_of(Smooth(batch, function.penalty).evaluate(beta))
            now = function.evaluate(beta)
            trace.append(Step(function.passes, now.value, length=rate))
        status = Status.DIVERGED if now.value > trace[0].value * (1 + ROUNDING) else Status.PASS_LIMIT
        return Solution(beta, now, status, tuple(trace))


def _left_to_gain(rate: float, gradient: Array, last: Array) -> float:
    """What linear convergence has still to gain: a step gains about rate |g|^2, and |g|^2 falls geometrically."""
    square, before = float(gradient @ gradient), float(last @ last)
    if square == 0.0:
        return 0.0
    return rate * square / (1.0 - square / before) if square < before else float("nan")


def _largest_curvature(function: Smooth, start: Array, seed: int) -> float:
    """A bound on the Hessian's eigenvalues: the largest at 0, by a power iteration of ten passes, times what the loss
    may curve more elsewhere (Boehning, 1992).
    """
    zero = np.zeros_like(start)
    loss = function.objective.loss
    vector = np.random.default_rng(seed).standard_normal(len(start))
    norm = 1.0
    for _ in range(10):
        vector = vector / np.linalg.norm(vector)
        vector = (loss.steepest / loss.flattest) * function.objective.hessian_product(
            zero, vector
        ) + function.penalty.curvature(zero) * vector
        norm = float(np.linalg.norm(vector))
    return 1.1 * norm
