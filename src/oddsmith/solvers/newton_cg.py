"""Newton's method whose steps are solved by conjugate gradients: no matrix, one pass for each product with the Hessian."""

from __future__ import annotations

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import Status
from oddsmith.solvers.base import FULL_PRECISION, ROUNDING, Smooth, Solution, Step, gradient_of, search
from oddsmith.solvers.sketches import Inverse, dot

RESIDUAL = 0.1  # of a step's equation, relative; the decrement is then right to a hundredth


def minimise(function: Smooth, start: Array, inverse: Inverse, *, tol: float | None, limit: int) -> Solution:
    """Truncated Newton with the preconditioner `inverse`, damped as exact Newton is.

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd ed. (2006), section 7.1.
    """
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
            return Solution(beta, now, status, tuple(trace), decrement)


def _direction(function: Smooth, beta: Array, gradient: Array, inverse: Inverse, limit: int) -> tuple[Array, bool]:
    """d with H d = -g up to RESIDUAL in the preconditioner's norm, and whether that was reached within the limit."""
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
