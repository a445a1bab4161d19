"""The judge of penalties that are not smooth: a proved bound on the suboptimality of the coefficients as they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.evaluation import Evaluation
from oddsmith.factor import Factor
from oddsmith.judging.certificate import SLOPE_NOISE, SURE, Certificate, certificate, largest_fall
from oddsmith.losses import Loss
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Composite, Solution

SmoothBound = Callable[[Array, AnyArray], "Bound | None"]  # of slopes of G on S, and S
WIDEST = 1 << 26  # rows times coefficients, for the exact K
ROUNDS = 4  # of looking closer at coefficients that might not stay 0
STEPS = 10  # of Newton, for what is not penalised


@dataclass(frozen=True)
class Bound:
    """What is known of a smooth function near its optimum.

    Attributes
    ----------
    fall : float
        By how much it may fall, at most.
    moves : float
        By how much the gradient of a coefficient beside it may change on the way.
    radius, bend : float
        How far away the optimum is at most, in the norm of its Hessian H; and how much of it the way there may depart
        from Newton's step, since H changes by so much of itself.
    variance : array or None
        The diagonal of its inverse Hessian.
    drift, spread : arrays or None
        By how much the gradients of some coefficients beside it change along Newton's step, and how far from that
        they may end.
    """

    fall: float
    moves: float
    radius: float = 0.0
    bend: float = 0.0
    variance: Array | None = None
    drift: Array | None = None
    spread: Array | None = None


def certify_composite(
    objective: Objective, penalty: Penalty, solution: Solution, *, smooth_bound: SmoothBound | None = None
) -> tuple[Certificate, Array | None]:
    r"""Bound F(b) - F* for mean loss plus penalty; `solution.evaluation` must hold the value and the loss's gradient.

    Let S be the coefficients that are not 0 or not penalised, and G the sum with :math:`t_j |b_j|` replaced by
    :math:`t_j \mathrm{sign}(b_j) b_j` on S. G nowhere exceeds F, and they agree at b. On S, the others held at 0, G is
    smooth: its minimum is at most :math:`[a + (1 - a) \log(1 - a)] / K^2` below, as for a smooth penalty, and at most
    :math:`R = -\log(1 - a) / K` away in the norm of its Hessian H. On that way no other gradient changes by more than
    :math:`R \sqrt{c}\, (e^{u/2} - 1) / (u/2)`, with u = K R and c the largest curvature of a row, since columns have
    mean square 1. If they stay within their thresholds, G's minimum on S is its minimum everywhere, and the bound is
    one on F - F*. The few that are nearer to theirs are looked at closely: with d Newton's step on S and
    :math:`\epsilon = (e^u - 1) / u - 1`, the gradient of coefficient j changes by :math:`H_{jS} d` but for
    :math:`2 \epsilon R \sqrt{H_{jj}}`, since on the way no Hessian differs from H by more than :math:`\epsilon H` on
    average. What may leave even so joins S, with the sign that it would take. The bound falls with the square of the
    violation.

    Where this proves nothing, the duality gap is taken, of the dual point :math:`\theta = -s r` with the row gradients
    r, once what is not penalised has been fitted to the other coefficients, and the largest s <= 1 that is feasible:

    .. math:: F(b) - F^* \le F(b) + \frac{1}{W} \sum_i w_i [\ell^*(s r_i, y_i) - s r_i o_i] + P^*(-s \nabla L(b)).

    It falls with the violation itself only.

    Returns the certificate and, where it is the first of these bounds, the diagonal of H^-1: 0 outside S.
    """
    function, seen = Composite.of(objective, penalty), solution.evaluation
    if seen.gradient is None or not np.isfinite(seen.gradient).all():
        return certificate("none", math.nan, seen, math.nan, None), None
    violation = float(np.abs(function.slope(solution.beta, seen.gradient)).max(initial=0.0))
    moves = math.sqrt(2.0 * objective.loss.steepest * solution.decrement) if solution.decrement < math.inf else 0.0
    bound, variance = _on_support(function, solution.beta, seen.gradient, moves, smooth_bound)
    if bound is None and smooth_bound is None:
        bound = _gap(function, penalty, solution.beta, seen)
    if bound is None:
        kind = "estimated" if math.isfinite(solution.decrement) else "none"
        return certificate(kind, solution.decrement, seen, violation, None), None
    return certificate("proved", bound, seen, violation, True), variance


def _on_support(
    function: Composite, beta: Array, gradient: Array, moves: float, smooth_bound: SmoothBound | None
) -> tuple[float | None, Array | None]:
    """The first bound of `certify_composite`, and its variances; a pass over the columns of S for every round.

    `moves` is what a gradient may be expected to change by; no more than a guess, which saves a round. A bound that is
    given looks at nothing closely: all that may leave joins S.
    """
    signs, slack = np.sign(beta), function.thresholds - np.abs(gradient)
    inside = (beta != 0.0) | function.free
    near = ~inside & (slack < moves)
    for _ in range(ROUNDS):
        if smooth_bound is not None:
            inside, near = inside | near, np.zeros_like(near)
        signs = np.where(inside & (signs == 0.0), -np.sign(gradient), signs)
        slope = gradient + function.thresholds * signs + function.curvature * beta
        kept, others = np.flatnonzero(inside), np.flatnonzero(near)
        found = smooth_bound(slope, kept) if smooth_bound else _smooth_bound(function, beta, slope, kept, others)
        if found is None:
            return None, None
        leaving = near.copy()
        if found.drift is not None and found.spread is not None:
            leaving[near] = np.abs(gradient[near] + found.drift) + found.spread >= function.thresholds[near]
        unseen = ~inside & ~near & (slack < found.moves)
        if not (leaving | unseen).any():
            variance = np.zeros_like(beta)
            variance[inside] = 0.0 if found.variance is None else found.variance
            return found.fall, None if found.variance is None else variance
        inside, near = inside | leaving, (near & ~leaving) | unseen
    return None, None


def _smooth_bound(function: Composite, beta: Array, slope: Array, kept: AnyArray, near: AnyArray) -> Bound | None:
    """How far G may fall on these coefficients, and by how much other gradients may change on the way."""
    if not len(kept):
        return Bound(0.0, 0.0, variance=np.zeros(0), drift=np.zeros(len(near)), spread=np.zeros(len(near)))
    marked = np.zeros(len(beta), dtype=bool)
    marked[kept] = marked[near] = True
    columns = function.objective.among(function.columns(marked))
    part, members = function.only(columns), function.members(columns)
    order = np.argsort(members)
    inner, beside = (order[np.isin(members[order], some)] for some in (kept, near))
    seen = part.evaluate(beta[members], 2)
    assert seen.hessian is not None
    factor = Factor(seen.hessian[np.ix_(inner, inner)] + np.diag(part.curvature[inner]))
    if factor.rank < len(kept):
        at_null = part.evaluate(np.zeros(len(members)), 2).hessian
        assert at_null is not None
        if np.abs(factor.unseen(slope[kept])).max() > SLOPE_NOISE:
            return None  # it falls along a direction whose curvature is lost in rounding
        if factor.rank < Factor(at_null[np.ix_(inner, inner)] + np.diag(part.curvature[inner])).rank:
            return None  # curvature has vanished where the rows do see a direction
    loss = function.objective.loss
    squared = max(0.0, float(slope[kept] @ factor.solve(slope[kept])))
    reach = loss.concordance * seen.reach * float(factor.variance.sum())
    if not reach * squared < 0.01:  # the largest eigenvalue is at most the largest sum of a row
        reach = min(reach, loss.concordance * seen.reach * float(np.abs(factor.inverse).sum(axis=1).max()))
    if not reach * squared < SURE**2 and part.objective.rows * len(kept) <= WIDEST:
        half = np.zeros((len(members), factor.rank))
        half[inner] = factor.half
        reach = loss.concordance * part.objective.widest(half)
    bound = self_concordant(squared, reach, loss)
    if bound is None:
        return None
    drift = -(seen.hessian[np.ix_(beside, inner)] @ factor.solve(slope[kept]))
    spread = 2.0 * (bound.bend + factor.error) * bound.radius * np.sqrt(seen.hessian[beside, beside])
    return replace(bound, variance=factor.variance, drift=drift, spread=spread)


def self_concordant(squared: float, reach: float, loss: Loss) -> Bound | None:
    """How far a smooth function may fall, and a gradient beside it change, where lambda^2 and K^2 are known."""
    a = math.sqrt(reach * squared)
    if not a < SURE:
        return None
    u = -math.log1p(-a)
    radius = u / math.sqrt(reach) if reach > 0.0 else math.sqrt(squared)
    growth = math.expm1(0.5 * u) / (0.5 * u) if u > 1e-8 else 1.0
    bend = math.expm1(u) / u - 1.0 if u > 1e-5 else u
    return Bound(largest_fall(squared, reach), math.sqrt(loss.steepest) * radius * growth, radius, bend)


def _gap(function: Composite, penalty: Penalty, beta: Array, seen: Evaluation) -> float | None:
    """The duality gap; None where no dual point is feasible. Two passes, and a few over the columns of S.

    What is not penalised wants a gradient of 0: the dual point is that of other coefficients, which differ there.
    """
    columns = function.columns((beta != 0.0) | function.free)
    part, members = function.only(columns), function.members(columns)
    free, b = part.free, beta[members]
    for _ in range(STEPS):
        near = part.evaluate(b, 2)
        assert near.gradient is not None and near.hessian is not None
        if np.abs(near.gradient[free]).max(initial=0.0) <= SLOPE_NOISE**1.5:
            break
        b = b.copy()
        b[free] -= Factor(near.hessian[np.ix_(free, free)]).solve(near.gradient[free])
    else:
        return None
    other = beta.copy()
    other[members] = b
    gradient = function.evaluate(other).gradient
    assert gradient is not None
    beyond = ~function.free & (np.abs(gradient) > function.thresholds)
    dual = -math.inf
    for shrunk in (beyond, beyond & (function.curvature == 0.0)):  # where something curves both are feasible
        least = (function.thresholds[shrunk] / np.abs(gradient[shrunk])).min(initial=1.0)
        shrink = float(least) * (1.0 - 4.0 * np.finfo(float).eps)
        held = np.where(function.free, 0.0, -shrink * gradient)
        dual = max(dual, -part.objective.conjugate(b, shrink) - penalty.dual(held))
    return max(0.0, seen.value - dual) if math.isfinite(dual) else None
