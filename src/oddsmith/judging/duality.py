"""The judge of penalties that are not smooth: a proved bound on the suboptimality of the coefficients as they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.evaluation import Evaluation
from oddsmith.factor import Factor
from oddsmith.judging.certificate import SLOPE_NOISE, Certificate, certificate
from oddsmith.judging.last_step import Bound, Near, Proof
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Composite, Solution, Step
from oddsmith.solvers.base import dot, gradient_of

SmoothBound = Callable[[Array, AnyArray], Bound | None]  # of slopes on some coefficients, and these
ROUNDS = 4  # of taking in coefficients that might not stay 0
WIDER = 1.5  # times the distance that a decrement in some metric tells: so far gradients are expected to move
EPSILON = float(np.finfo(float).eps)
STEPS = 10  # of Newton, for what is not penalised
FITTED = SLOPE_NOISE**1.5  # the largest slope of what is


def certify_composite(
    objective: Objective,
    penalty: Penalty,
    solution: Solution,
    *,
    tol: float | None = None,
    smooth_bound: SmoothBound | None = None,
    curvature: Array | None = None,
) -> tuple[Certificate, Solution, Array | None]:
    r"""Bound F(b) - F* for mean loss plus penalty; `solution.evaluation` must hold the value and the loss's gradient.

    Let U be some coefficients, all that are not 0 or not penalised among them, v the least subgradient of F at b on U,
    H the Hessian there and K^2 the largest x'H^-1 x of a row. Since :math:`F(b + z) \ge F(b) + v'z + (e^{-u} + u - 1) /
    K^2`, with :math:`u = K |z|_H`, whatever signs and zeros b + z has, the bound for a smooth penalty holds on U with v
    for the gradient: with :math:`a = K |v|_{H^{-1}} < 1` F may fall by at most :math:`[a + (1 - a) \log(1 - a)] / K^2`,
    and its minimum is at most :math:`R = -\log(1 - a) / K` away. On that way no other gradient changes by more than
    :math:`R \sqrt{c}\, (e^{u/2} - 1) / (u/2)`, with u = K R and c the largest curvature of a row, since columns have
    mean square 1. Where they stay within their thresholds, the minimum on U is the minimum everywhere.

    The Hessian is there, so the quadratic model is minimised too, penalty and all. After its step d, with
    :math:`\delta = |d|_H` and :math:`a = K \delta`, the gradient is the model's but for
    :math:`\delta (e^a - 1 - a) / a` in the norm of :math:`H^{-1}`, times :math:`\sqrt{H_{jj}}` for a coefficient beside
    U: what was left is squared. The step is taken where the bound of b itself is above tol; without tol it only tells
    which coefficients stay 0.

    Where a solver has closed the duality gap, that is the proof, and no Hessian is formed; it is also taken where the
    above proves nothing. It is that of the dual point :math:`\theta = -s r` with the row gradients r, once what is not
    penalised has been fitted to the other coefficients, and the largest s <= 1 that is feasible:

    .. math:: F(b) - F^* \le F(b) + \frac{1}{W} \sum_i w_i [\ell^*(s r_i, y_i) - s r_i o_i] + P^*(-s \nabla L(b)).

    It falls with the violation itself only.

    Parameters
    ----------
    objective, penalty, solution
    tol : float, optional
        The relative suboptimality that was asked for.
    smooth_bound : callable, optional
        The bound on U, of who knows the Hessian there, or some matrix below it; no step is taken then, and no pass.
    curvature : array of shape (outputs, outputs), optional
        The mean row_hessian, of who knows it too: the duality gap is then asked first.

    Returns
    -------
    certificate : Certificate
    solution : Solution
        The same, or after the last step; then its evaluation has a gradient only where a pass has looked.
    variance : array or None
        The diagonal of H^-1 where it was formed: 0 outside U.

    References
    ----------
    Bach (2010), *Self-concordant analysis for logistic regression*, whose inequalities these are, with a subgradient.
    """
    function, seen = Composite.of(objective, penalty), solution.evaluation
    if seen.gradient is None or not np.isfinite(seen.gradient).all():
        return certificate("none", math.nan, seen, math.nan, None), solution, None
    violation = _violation(function, solution.beta, seen.gradient)
    decrement = solution.decrement if math.isfinite(solution.decrement) else 0.0
    moves = WIDER * math.sqrt(2.0 * objective.loss.steepest * decrement)
    wanted, bound, variance = (tol or 0.0) * abs(seen.value), None, None
    if smooth_bound is not None:
        even = None if curvature is None else _balanced(function, solution.beta, seen.gradient, curvature)
        bound = None if even is None else _simple_gap(function, penalty, solution.beta, seen, even)
        if bound is None or bound > wanted:
            bound = _given_bound(function, solution.beta, seen.gradient, moves, smooth_bound)
    elif not ((solution.beta != 0.0) | function.free | (np.abs(seen.gradient) > function.thresholds - moves)).any():
        bound, variance = 0.0, np.zeros_like(solution.beta)  # nothing is there that could leave 0
    elif function.gap(solution.beta, seen) <= wanted and (
        (gap := _gap(function, penalty, solution.beta, seen, wanted)) is not None and gap <= wanted
    ):
        bound = gap
    elif (found := _proof(function, solution.beta, seen.gradient, moves, wanted, looking=tol is not None)) is not None:
        near, proof = found
        variance, bound = proof.variance, None if proof.here is None or proof.doubts else proof.here.fall
        if tol is not None and proof.after is not None and not (bound is not None and bound <= wanted):
            return *_stepped(near, penalty, solution, proof, wanted), variance
    if bound is None and smooth_bound is None:
        bound = _gap(function, penalty, solution.beta, seen)
    if bound is None:
        kind = "estimated" if math.isfinite(solution.decrement) else "none"
        return certificate(kind, solution.decrement, seen, violation, None), solution, None
    return certificate("proved", bound, seen, violation, True), solution, variance


def _stepped(
    near: Near, penalty: Penalty, solution: Solution, proof: Proof, wanted: float
) -> tuple[Certificate, Solution]:
    """After the last step, and what is proved there.

    Where that is too little, or it is in doubt what stays 0, a pass looks; where only the value is, these columns do.
    """
    assert proof.after is not None
    function, beta, passes = near.whole, solution.beta + proof.step, solution.trace[-1].passes
    kind, fall, slack, seen = "proved", proof.after.fall, proof.misfit, solution.evaluation
    violation = _violation(function, solution.beta, gradient_of(seen))
    if proof.doubts or fall > wanted:
        seen, passes, slack = function.evaluate_by(near.part, beta[near.members], beta), passes + 1, 0.0
        bound = near.again(proof, beta, gradient_of(seen), wanted)
        violation = _violation(function, beta, gradient_of(seen))
        if bound is not None:
            fall = bound.fall
        elif proof.doubts:
            gap = _gap(function, penalty, beta, seen)
            kind, fall = ("estimated", fall) if gap is None else ("proved", gap)
    elif fall + slack > wanted:
        value, slack = seen.value + near.rise(solution.beta, proof.step), 0.0
        seen = replace(seen, value=value, gradient=None)
    else:
        seen = replace(seen, value=seen.value - proof.fall, gradient=None)
    trace = (*solution.trace, Step(passes, seen.value, fall, note="by the Hessian of the proof"))
    after = replace(solution, beta=beta, evaluation=seen, decrement=fall, trace=trace)
    return certificate(kind, fall, seen, violation, True if kind == "proved" else None, slack), after


def _violation(function: Composite, beta: Array, gradient: Array) -> float:
    return float(np.abs(function.slope(beta, gradient)).max(initial=0.0))


def _given_bound(
    function: Composite, beta: Array, gradient: Array, moves: float, smooth_bound: SmoothBound
) -> float | None:
    """The bound of who knows it, on so many coefficients that the others stay 0."""
    slack, slope = function.thresholds - np.abs(gradient), function.slope(beta, gradient)
    inside = (beta != 0.0) | function.free | (slack < moves)
    for _ in range(ROUNDS):
        found = smooth_bound(slope, np.flatnonzero(inside))
        if found is None:
            return None
        unseen = ~inside & (slack < found.moves)
        if not unseen.any():
            return found.fall
        inside |= unseen
    return None


def _proof(
    function: Composite, beta: Array, gradient: Array, moves: float, wanted: float, *, looking: bool
) -> tuple[Near, Proof] | None:
    """By the Hessian among the coefficients that may not be 0 at the optimum; a pass over their columns a round.

    `moves` is what a gradient may be expected to change by; no more than a guess, which saves a round. Who will look
    after the step need not know before who stays 0.
    """
    slack = function.thresholds - np.abs(gradient)
    chosen = (beta != 0.0) | function.free | (slack < moves)
    for _ in range(ROUNDS):
        near = Near.of(function, beta, gradient, chosen)
        proof = near.proof(wanted, looking=looking)
        if proof is None:
            return None
        unseen = ~chosen & (slack < proof.moves)
        if not unseen.any():
            return near, proof
        if looking and proof.after is not None:
            return near, replace(proof, doubts=True)
        chosen |= unseen
    return None


def _gap(function: Composite, penalty: Penalty, beta: Array, seen: Evaluation, wanted: float = 0.0) -> float | None:
    """The duality gap; None where no dual point is feasible. Passes over the columns that are not 0."""
    columns = function.objective.among(function.columns((beta != 0.0) | function.free), used=0.0)
    part, members, gradient = function.only(columns), function.members(columns), gradient_of(seen)
    near = _balanced(part, beta[members], gradient[members])
    if near is not None:
        simple = _simple_gap(function, penalty, beta, seen, near)
        if simple <= wanted:
            return simple
    if near is None or near.b is None:
        fitted = _fitted(part, beta[members])
        if fitted is None:
            return None
        other = beta.copy()
        other[members] = fitted
        gradient = gradient_of(function.evaluate(other))
        # what rounding has left of the slopes of an intercept, which may be as large as an offset
        near = _Balanced(fitted, 0.0, dot(np.abs(gradient[function.free]), np.abs(other[function.free])))
    assert near.b is not None
    points = _dual_points(function, penalty, gradient, near.slack)
    dual = max((-part.objective.conjugate(near.b, shrink) - cost for shrink, cost in points), default=-math.inf)
    return near.fall + max(0.0, seen.value - dual) if math.isfinite(dual) else None


def _simple_gap(function: Composite, penalty: Penalty, beta: Array, seen: Evaluation, near: _Balanced) -> float:
    """A bound on it that asks for no logarithms, and is enough where the share s is very near 1.

    Conjugates being convex, and 0 at 0, that of s r is at most s times that of r, which is r eta - l(eta).
    """
    gradient, loss = gradient_of(seen), seen.value - function.cost(beta)
    held = ~function.free  # the others' gradients are 0 there
    along = dot(gradient[held], beta[held]) + near.slack * float(np.abs(beta[held]).sum()) + near.fall
    points = _dual_points(function, penalty, gradient, near.slack)
    return max(0.0, min((seen.value + cost + shrink * (along - loss) for shrink, cost in points), default=math.inf))


def _dual_points(
    function: Composite, penalty: Penalty, gradient: Array, slack: float
) -> Iterator[tuple[float, float]]:  # fmt: skip
    """The shares of the row gradients that are feasible, and what the penalty's conjugate is there."""
    size, flat, last = np.abs(gradient) + slack, function.curvature == 0.0, None
    for some in (flat, np.ones_like(flat)):  # where something curves both are feasible
        over = some & ~function.free & (size > function.thresholds)
        shrink = float((function.thresholds[over] / size[over]).min(initial=1.0)) * (1.0 - 4.0 * EPSILON)
        cost = penalty.dual(np.where(function.free, 0.0, -shrink * np.copysign(size, gradient)))
        if shrink != last and math.isfinite(cost):
            yield shrink, cost
        last = shrink


@dataclass(frozen=True)
class _Balanced:
    """Intercepts at which the row gradients add up to 0.

    Attributes
    ----------
    b : array or None
        The coefficients, if the intercepts are known.
    slack, fall : float
        By how much other gradients, and the loss, may change on the way there.
    """

    b: Array | None
    slack: float
    fall: float


def _balanced(part: Composite, b: Array, gradient: Array, mean: Array | None = None) -> _Balanced | None:
    r"""What is known of it from the gradient alone; None where more than the intercepts is free, or too far away.

    Of one output the way is at most :math:`\delta = -\log(1 - |g| / M)`, M being the mean curvature. Where it is small,
    Newton's step leaves nothing; of several outputs only then anything is said. The loss, being convex, falls by
    :math:`g'\delta` at most; no other gradient changes by more than the root of :math:`c\, g'\delta`, by Cauchy and
    Schwarz, c being the largest curvature of a row and columns having mean square 1. A pass, unless M is given.
    """
    objective, free = part.objective, part.free
    if not free.any():
        return _Balanced(b, 0.0, 0.0)
    if not _only_intercepts(part):
        return None
    mean = objective.curvature_between_outputs(b) if mean is None else mean
    curvature = Factor(mean)  # of scores it is singular, and they see nothing there
    change, unseen = curvature.solve(gradient[free]), np.abs(curvature.unseen(gradient[free])).max(initial=0.0)
    largest = float(np.abs(change).max())
    known, share = max(largest * largest, float(unseen)) <= FITTED, math.sqrt(objective.loss.concordance) * largest
    if not known and (len(change) > 1 or not 0.0 < share < 1.0):
        return None
    fall = max(0.0, float(gradient[free] @ change)) * (1.0 if known else -math.log1p(-share) / share)
    moved = b.copy()
    moved[free] -= change
    return _Balanced(moved if known else None, math.sqrt(objective.loss.steepest * fall), fall)


def _only_intercepts(part: Composite) -> bool:
    return part.objective.intercept and int(part.free.sum()) == part.objective.loss.outputs


def _fitted(part: Composite, b: Array) -> Array | None:
    """What is not penalised, fitted to the other coefficients: then the dual point is feasible. None: it cannot be."""
    free = part.free
    if _only_intercepts(part):
        return part.objective.balanced(b, FITTED)
    for _ in range(STEPS):
        near = part.evaluate(b, 2)
        assert near.gradient is not None and near.hessian is not None
        if np.abs(near.gradient[free]).max(initial=0.0) <= FITTED:
            return b
        b = b.copy()
        b[free] -= Factor(near.hessian[np.ix_(free, free)]).solve(near.gradient[free])
    return None
