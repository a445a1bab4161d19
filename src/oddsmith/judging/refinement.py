"""The last digits: Newton steps whose gradient is in double-double, where doubles would not give full precision."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from oddsmith.arrays import Array
from oddsmith.evaluation import Evaluation
from oddsmith.extended import Extended
from oddsmith.factor import Factor
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Smooth, Solution, Step

EPSILON = float(np.finfo(float).eps)
ENOUGH = 3e-13  # a relative error that doubles may leave
ROWS = 1000  # whose standard errors are what small coefficients are measured by
SINGULAR = 1e-6  # of curvature, beside the most that rounding hides: below it columns are collinear
UNSEEN = 1e-9  # change of a row's score, relative to its size: an eigenvector of normal equations knows no better
MOST = 20  # rounds
HEAVY, LIGHT = 2e7, 1e-8  # products that G takes; and an error of the inverse Hessian with which one step does
VAST = 1e4  # a cancellation that may keep doubles from coming near
SETTLED, FAR, TOO_FAR = 1e-12, 1e-6, 0.5  # of a = K lambda, about the relative change of the Hessian over the next step


def wanted(seen: Evaluation, beta: Array, cancellation: float = 1.0) -> tuple[bool, bool]:
    r"""Whether rounding may cost a coefficient more than the 12th digit; and whether it may cost a standard error that.

    A gradient summed in doubles is wrong by about :math:`\epsilon \rho`, where :math:`\rho^2` is the mean square of the
    row_gradients (never above the mean loss) and columns have mean square 1; an entry of the Hessian H is wrong by
    :math:`\epsilon` times the root of its two diagonal entries. By the inverse of H that makes

    .. math:: |\delta b_j| \approx \epsilon \rho \, \Big[\sum_k (H^{-1})_{jk}^2\Big]^{1/2}, \qquad
              |\delta v_j| / v_j \approx \epsilon \sum_k (H^{-1})_{jk}^2 H_{kk} / v_j, \qquad v_j = (H^{-1})_{jj}.

    The first is compared with the coefficient or, where that is larger, with the standard error that it would have in
    1000 rows. Both are below what traces say, which cost nothing. Rows that are centred only afterwards (`Design.
    cancellation`) make the gradient so many times worse, and the Hessian as often again.
    """
    factor = seen.factor
    if factor.rank < factor.size:
        return True, True
    assert seen.hessian is not None
    epsilon, diagonal, variance = cancellation * EPSILON / ENOUGH, np.diagonal(seen.hessian), factor.variance
    size = np.maximum(beta * beta, variance / min(seen.weight, ROWS))
    noise = min(1.0, abs(seen.value)) * epsilon**2
    epsilon *= cancellation
    if noise * variance.sum() <= (size / variance).min() and epsilon * (variance @ diagonal) <= 1.0:
        return False, False
    squares = np.square(factor.inverse)
    return bool((noise * squares.sum(axis=0) > size).any()), bool((epsilon * (diagonal @ squares) > variance).any())


def refined(objective: Objective, penalty: Penalty, solution: Solution) -> Solution:
    r"""The solution to the last digit, if `wanted` and if there is one; else the solution as it is.

    Coefficients and gradient are held in double-double, and H^-1 as M M'. A round is one pass, which forms G = M'HM
    from the rows' images under M, rounded once; with G = LL', M L'^-1 takes the place of M. So the condition of the
    columns does not cost standard errors its digits twice, as in the normal equations, and where it is above 1e7, so
    that Cholesky breaks down in doubles, more rounds do. Steps are damped as long as they are long.

    Where standard errors have their digits, or G would take long, and the Hessian in doubles is good enough to step
    with, that is done, once: coefficients get all their digits, standard errors keep those that they have.

    References
    ----------
    Björck (1996), *Numerical Methods for Least Squares Problems*, section 2.9, for refinement by residuals of extended
    precision; Fukaya and others (2020), *Shifted Cholesky QR for computing the QR factorization of ill-conditioned
    matrices*, for the rounds.
    """
    seen = solution.evaluation
    if seen.hessian is None or not seen.hessian.any() or not np.isfinite(solution.beta).all():
        return solution
    cancellation = next(objective.source.blocks()).design.cancellation
    coefficients, errors = wanted(seen, solution.beta, cancellation)
    if not (coefficients or errors):
        return solution
    factor, function = seen.factor, Smooth(objective, penalty)
    singular = factor.rank < factor.size
    heavy = objective.rows * factor.size**2 > HEAVY
    if (
        not singular
        and factor.error < LIGHT
        and cancellation < VAST
        and (heavy or (not errors and _close(objective, solution)))
    ):
        return _step(function, solution)
    beta, root = Extended.of(solution.beta), factor.half
    if singular:
        if _unseen(objective, factor):
            return solution
        root = np.hstack([root, factor.lost])
    far, last, trace = False, math.inf, list(solution.trace)
    for _ in range(MOST):
        found = _round(function, beta, root)
        root, a = found.root, found.a
        if found.least < SINGULAR or not a <= (0.9 * last if singular or cancellation > VAST else TOO_FAR):
            return solution  # columns are collinear, coefficients run off, or doubles have not come near
        slope = root.T @ found.gradient
        step, decrement = -root @ slope, 0.5 * float(slope @ slope)
        length = 1.0 if a < TOO_FAR else math.log1p(a) / a
        before = solution.trace[-1].passes
        trace.append(Step(before + function.passes, found.value, decrement, length, "in double-double"))
        moved = beta + length * step
        if a < SETTLED:
            break
        beta, far, last = moved, far or a > FAR, a
    else:
        return solution
    # where the way was long, the Hessian that doubles had seen is another one
    hessian = function.evaluate(moved.hi, 2).hessian if far else seen.hessian
    end = replace(seen, value=found.value, gradient=found.gradient, hessian=hessian, root=root)
    return Solution(moved.hi, end, solution.status, tuple(trace), decrement, step, moved.lo)


def _close(objective: Objective, solution: Solution) -> bool:
    """Whether one step leaves nothing: a is small, by K^2 <= max|x|^2 trace(H^-1)."""
    seen = solution.evaluation
    reach = objective.loss.concordance * seen.reach * float(seen.factor.variance.sum())
    return reach * 2.0 * solution.decrement < FAR**2


def _unseen(objective: Objective, factor: Factor) -> bool:
    """Whether no row sees the directions without curvature: columns are collinear, to rounding. One plain pass."""
    outputs = (factor.null_axes / factor.scale[:, None]).reshape(objective.loss.outputs, objective.width, -1)
    directions = np.concatenate(list(outputs), axis=1)
    directions = directions[:, np.linalg.norm(directions, axis=0) > UNSEEN]
    return bool(objective.largest_changes(directions).max() < max(UNSEEN, 4.0 * objective.rounding))


def _step(function: Smooth, solution: Solution) -> Solution:
    """One step from the solution: its gradient in double-double, its metric as it is."""
    objective, penalty, seen = function.objective, function.penalty, solution.evaluation
    beta = Extended.of(solution.beta)
    found = objective.evaluate_exactly(beta, np.empty((len(beta.hi), 0)))
    gradient = (found.gradient + penalty.gradient(beta.hi)).value
    step = -seen.factor.solve(gradient)
    moved, decrement = beta + step, -0.5 * float(gradient @ step)
    value = found.value + penalty.value(beta.hi)
    line = Step(solution.trace[-1].passes + function.passes, value, decrement, 1.0, "gradient in double-double")
    end = replace(seen, value=value, gradient=gradient)
    return Solution(moved.hi, end, solution.status, (*solution.trace, line), decrement, step, moved.lo)


@dataclass(frozen=True)
class _Found:
    """What a round finds: value and gradient, the least eigenvalue of M'HM, the new M, and a = K lambda."""

    value: float
    gradient: Array
    least: float
    root: Array
    a: float


def _round(function: Smooth, beta: Extended, root: Array) -> _Found:
    objective, penalty = function.objective, function.penalty
    seen = objective.evaluate_exactly(beta, root)
    gradient = (seen.gradient + penalty.gradient(beta.hi) + penalty.gradient(beta.lo)).value
    inner = Factor(seen.gram + root.T @ (penalty.curvature(beta.hi)[:, None] * root))
    value, root = seen.value + penalty.value(beta.hi), root @ inner.half
    if inner.rank < inner.size:
        return _Found(value, gradient, 0.0, root, math.inf)
    least = float(np.linalg.norm(inner.half, 2)) ** -2
    squared = float(np.square(root.T @ gradient).sum())
    return _Found(value, gradient, least, root, math.sqrt(objective.loss.concordance * seen.reach * squared / least))
