"""Damped Newton's method with the exact Hessian."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import Status
from oddsmith.evaluation import Evaluation
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import FULL_PRECISION, ROUNDING, Smooth, Solution, Step, gradient_of, search

SHARP = 1e-26  # as FULL_PRECISION, for the Hessian before the last step too: standard errors rest on it


@dataclass(frozen=True)
class Newton:
    """Newton's method: each pass forms the Hessian, each step solves with it, and is shortened until it descends.

    Parameters
    ----------
    max_passes : int, default 100

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd ed. (2006), chapter 3.
    """

    max_passes: int = 100
    name: ClassVar[str] = "newton"
    refined: ClassVar[bool] = True

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None
    ) -> Solution:
        """Minimise objective + penalty from start. With tol=None the last step is taken without a further pass."""
        return minimise(Smooth(objective, penalty), start, tol=tol, limit=max_passes or self.max_passes)


def minimise(function: Smooth, start: Array, *, tol: float | None, limit: int) -> Solution:
    """The method itself, on any smooth function of the coefficients."""
    full = SHARP if function.penalty.strength == 0.0 else FULL_PRECISION
    goal = full if tol is None else 0.5 * tol  # half: the proved bound is somewhat above the decrement
    length, last = 1.0, float("inf")
    # the square of the goal is about what comes next
    beta, now, trace = function.near_optimum(start, 0.1 * math.sqrt(goal), limit)
    enough = FULL_PRECISION if tol is None else goal  # of a start: others have made their passes for it

    def stop(status: Status, last_step: Array | None = None) -> Solution:
        end = beta if last_step is None else beta + last_step
        return Solution(end, now, status, tuple(trace), decrement, last_step)

    while True:
        direction, decrement = newton_step(now)
        trace.append(Step(function.passes, now.value, decrement, length))
        if not math.isfinite(decrement):
            return stop(Status.STALLED)
        # at the floor the gradient is down to its own rounding: nothing is left to gain
        floor = decrement <= ROUNDING * abs(now.value) and decrement > 0.5 * last
        if floor or decrement <= enough * abs(now.value):
            return stop(Status.CONVERGED, direction if tol is None else None)
        if function.separates(now):
            return stop(Status.SEPARATED)
        if function.passes >= limit:
            return stop(Status.PASS_LIMIT)
        new, length = search(function, beta, direction, now, 2)
        if length == 0.0:
            return stop(Status.STALLED)
        beta, now, last, enough = beta + length * direction, new, decrement, goal


def newton_step(now: Evaluation) -> tuple[Array, float]:
    """-H^-1 g, and half the squared Newton decrement g'H^-1 g / 2; infinite where curvature has underflowed."""
    gradient = gradient_of(now)
    with np.errstate(over="ignore", invalid="ignore"):
        direction = -now.factor.solve(gradient)
        decrement = -0.5 * float(gradient @ direction)
    finite = np.isfinite(direction).all() and math.isfinite(decrement)
    return direction, max(0.0, decrement) if finite else float("inf")
