"""The last digits: Newton steps whose gradient is in double-double, where doubles would not give full precision."""

from __future__ import annotations

import math

import numpy as np

from oddsmith.arrays import Array
from oddsmith.evaluation import Evaluation
from oddsmith.extended import Extended, two_sum
from oddsmith.factor import Factor
from oddsmith.solvers import Smooth, Solution, Step

ENOUGH = 3e-13  # a relative error of the coefficients that doubles may leave
ROWS = 1000  # whose standard errors are what small coefficients are measured by
SINGULAR = 1e-6  # of curvature beside the least that rounding may hide: below it columns are collinear
SETTLED = 1e-15  # of a = K lambda: by so little does the Hessian change over the last step
MOST = 20


def wanted(seen: Evaluation, beta: Array) -> bool:
    r"""Whether rounding may cost a coefficient more than its 12th digit.

    A gradient summed in doubles is wrong by about :math:`\epsilon \rho`, where :math:`\rho^2` is the mean square of the
    row_gradients (never above the mean loss) and columns have mean square 1. By the Hessian's inverse that makes

    .. math:: |\delta b_j| \approx \epsilon \rho \, \Big[\sum_k (H^{-1})_{jk}^2\Big]^{1/2}
              \le \epsilon \rho \, \sqrt{(H^{-1})_{jj} \, \mathrm{tr}\, H^{-1}}

    of a coefficient, which is compared with the coefficient or, where that is larger, with the standard error that it
    would have in 1000 rows.
    """
    factor = seen.factor
    if factor.rank < factor.size:
        return True
    half = factor.half
    variance = np.einsum("ij,ij->i", half, half)
    noise = min(1.0, abs(seen.value)) * (np.finfo(float).eps / ENOUGH) ** 2  # squared, in units of what is enough
    size = np.maximum(beta * beta, variance / min(seen.weight, ROWS))
    if noise * float(variance.sum()) <= float((size / variance).min()):
        return False
    return bool((noise * np.square(factor.inverse).sum(axis=0) > size).any())


def refined(function: Smooth, solution: Solution) -> Solution:
    r"""The solution to the last digit, if `wanted` and if there is one; else the solution as it is.

    Coefficients and gradient are held in double-double. H^-1 is held as M M': a pass forms G = M'HM from the rows'
    images under M, which are rounded once, and M L'^-1 with G = LL' takes the place of M. So the condition of the columns
    costs digits once and not twice, as it does in the normal equations, and what Cholesky cannot factorise in doubles is
    reached in two rounds.

    References
    ----------
    Björck (1996), *Numerical Methods for Least Squares Problems*, section 2.9, for refinement by residuals of extended
    precision; Fukaya and others (2020), *Shifted Cholesky QR*, for the rounds.
    """
    seen = solution.evaluation
    if seen.hessian is None or not np.isfinite(solution.beta).all() or not wanted(seen, solution.beta):
        return solution
    objective, penalty = function.objective, function.penalty
    beta, root, hessian = Extended.of(solution.beta), seen.factor.lifted, seen.hessian
    curvature = penalty.curvature(solution.beta)[:, None]
    trace = list(solution.trace)
    rounds = 0
    while rounds < MOST:
        rounds += 1
        found = objective.evaluate_exactly(beta, root)
        gradient = found.gradient + penalty.gradient(beta.hi) + penalty.gradient(beta.lo)
        inner = Factor(found.gram + root.T @ (curvature * root))
        least = 1.0 / np.linalg.norm(inner.half, 2) ** 2
        if inner.rank < inner.size or least < SINGULAR:
            return solution
        root = root @ inner.half
        slope = root.T @ gradient.value
        squared = float(slope @ slope)
        a = math.sqrt(objective.loss.concordance * found.reach * squared / least)
        step = -root @ slope
        value = found.value + penalty.value(beta.hi)
        trace.append(Step(objective.passes, value, 0.5 * squared, 1.0, "double-double"))
        seen = Evaluation(value, gradient.value, hessian, seen.weight, seen.reach, root)
        length = 1.0 if a < 0.5 else math.log1p(a) / a
        moved = beta + length * step
        if a < SETTLED:
            break
        beta = moved
    return Solution(moved.hi, seen, solution.status, tuple(trace), 0.5 * squared, step, moved.lo)
