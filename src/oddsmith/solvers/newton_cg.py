"""Newton's method whose steps are solved by conjugate gradients: no matrix, a pass for each Hessian product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import Status
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import FULL_PRECISION, ROUNDING, Inverse, Smooth, Solution, Step, dot, gradient_of, search
from oddsmith.solvers.sketches import diagonal_sketch

RESIDUAL = 0.1  # of a step's equation, relative; the decrement is then right to a hundredth


@dataclass(frozen=True)
class NewtonCG:
    """Newton's method without a matrix: each step is solved by conjugate gradients, to a tenth of its equation.

    For more columns than a square matrix allows; each product with the Hessian is a pass over the data.

    Parameters
    ----------
    max_passes : int, default 1000

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd ed. (2006), section 7.1.
    """

    max_passes: int = 1000
    name: ClassVar[str] = "newton_cg"
    refined: ClassVar[bool] = True

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None
    ) -> Solution:
        """Minimise objective + penalty from start."""
        inverse = diagonal_sketch(objective, penalty, start).inverse
        return minimise(Smooth(objective, penalty), start, inverse, tol=tol, limit=max_passes or self.max_passes)


def minimise(function: Smooth, start: Array, inverse: Inverse, *, tol: float | None, limit: int) -> Solution:
    """The method itself, preconditioned by `inverse` and damped as exact Newton is."""
    goal = FULL_PRECISION if tol is None else 0.5 * tol
    beta, length, last = start, 1.0, float("inf")
    now = function.evaluate(beta, 1)
    trace: list[Step] = []
    while True:
        gradient = gradient_of(now)
        direction, solved = _direction(function, beta, gradient, inverse, limit)
        decrement = max(0.0, -0.5 * dot(gradient, direction))
        trace.append(Step(function.passes, now.value, decrement, length))
        floor = decrement <= ROUNDING * abs(now.value) and decrement > 0.5 * last
        status = None
        if floor or (solved and decrement <= goal * abs(now.value)):
            status = Status.CONVERGED
        elif function.separates(now):
            status = Status.SEPARATED
        elif function.passes >= limit:
            status = Status.PASS_LIMIT
        else:
            new, length = search(function, beta, direction, now, 1)
            if length == 0.0:
                status = Status.CONVERGED if decrement <= ROUNDING * abs(now.value) else Status.STALLED
            else:
                beta, now, last = beta + length * direction, new, decrement
        if status is not None:
            return Solution(beta, now, status, tuple(trace), decrement, inverse=inverse)


def _direction(function: Smooth, beta: Array, gradient: Array, inverse: Inverse, limit: int) -> tuple[Array, bool]:
    """D with H d = -g up to RESIDUAL in the preconditioner's norm, and whether that was reached within the limit."""
    curvature = function.penalty.curvature(beta) + function.ridge
    d, residual = np.zeros_like(gradient), -gradient
    z = inverse.solve(residual)
    p, size = z, dot(residual, z)
    goal = RESIDUAL**2 * size
    while size > goal and function.passes < limit:
        image = function.objective.hessian_product(beta, p) + curvature * p
        bend = dot(p, image)
        if not bend > 0.0:  # flat to rounding: what was found so far descends
            return (d if d.any() else p), False
        step = size / bend
        d, residual = d + step * p, residual - step * image
        z = inverse.solve(residual)
        size, before = dot(residual, z), size
        p = z + (size / before) * p
    return (d if d.any() else z), size <= goal
