"""The judge: how far a solution is from the optimum, by one yardstick for every solver and penalty."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from oddsmith.errors import Status
from oddsmith.evaluation import Evaluation
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Smooth, Solution
from oddsmith.solvers.newton import newton_step
from oddsmith.solvers.quasi_newton import unseen_fall

SURE = 0.5  # a proof needs a < 1; on separated data a is 1 up to rounding, whatever the decrement
TELLING = 1e-3  # of the objective: a smaller decrement that proves nothing tells nothing either
NEGLIGIBLE = 1e-12  # of the objective
SLOPE_NOISE = 1e-10  # of a gradient on axes scaled to a unit diagonal


@dataclass(frozen=True)
class Certificate:
    r"""How far a fit is from the optimum, and how that is known.

    With the exact Hessian H at the solution, :math:`\lambda^2 = g'H^{-1}g`, :math:`K^2 = \max_i x_i'H^{-1}x_i` and
    :math:`a = K\lambda < 1` (1/2 is asked for),

    .. math:: F - F^* \le [a + (1 - a) \log(1 - a)] / K^2,

    and a finite optimum exists. (From :math:`|f'''| \le f''`, Bach 2010, *Self-concordant analysis for logistic
    regression*.) With more than two classes K^2 is twice the largest trace of :math:`X_i H^{-1} X_i'`, X_i being the
    row for each linear predictor: there the third derivative is bounded by the largest difference of two scores.

    Attributes
    ----------
    kind : {"proved", "estimated", "none"}
        "proved": the bound above, up to rounding. "estimated": half the squared Newton decrement, in the exact metric
        if there is a Hessian, in the solver's otherwise; within a factor of 10 of the truth, mostly of 2. Where the
        last step was taken without a pass that looked at it, what it leaves of the decrement if it is no better than
        the two before it, and how far the value may be from what is told: rather too much than too little.
        "none": neither could be had.
    suboptimality : float
        (F - F*) / F, F being mean loss plus penalty: a bound, an estimate, or NaN.
    standard_errors : float
        The distance to the optimum in units of the coefficients' standard errors: sqrt(2 W (F - F*)).
    violation : float
        The largest entry of the gradient of F in standardised columns.
    optimum_exists : bool or None
        True if proved, False if the classes are shown to be separated, None if not known: a bound that rests on a
        curvature that may be rounding proves nothing by itself.
    """

    kind: str
    suboptimality: float
    standard_errors: float
    violation: float
    optimum_exists: bool | None

    def __str__(self) -> str:
        if self.kind == "none":
            return "none: there is no optimum" if self.optimum_exists is False else "none"
        bound = max(self.suboptimality, float(np.finfo(float).eps))
        sign = "<=" if self.kind == "proved" else "about"
        return f"{self.kind}: relative suboptimality {sign} {bound:.1e}, {self.standard_errors:.1e} standard errors"


def certify(
    objective: Objective, penalty: Penalty, solution: Solution, *, prove: bool, dense_limit: int, finish: bool = False
) -> tuple[Certificate, Evaluation, Solution]:
    """Judge a solution. To prove takes the Hessian: the solution's own, or one more pass.

    To `finish` is to take the exact Newton step where the optimum is proved to be near: what was left is squared. It
    costs a pass only where the step is so long that the quadratic model does not tell the value.

    Returns the certificate, the evaluation (loss plus penalty) that it rests on, and the solution.
    """
    seen = solution.evaluation
    if prove and seen.hessian is None and objective.size <= dense_limit and np.isfinite(solution.beta).all():
        seen = Smooth(objective, penalty).evaluate(solution.beta, 2)
        if solution.last_step is not None:
            solution = replace(solution, last_step=None, left=None)
    worst = _violation(penalty, solution, seen)
    if seen.hessian is None or solution.status is Status.DIVERGED:
        left = solution.decrement if solution.left is None else solution.left
        slack = 0.0 if solution.left is None else unseen_fall(solution.decrement, left)
        return _estimated(left, seen, worst, slack), seen, solution
    near = _near(objective, seen)
    if near is None:
        return _estimated(_far(seen), seen, worst), seen, solution
    slack = 0.0
    if finish and solution.last_step is None:
        step, decrement = newton_step(seen)
        slack = _misfit(*near)
        if slack > NEGLIGIBLE * abs(seen.value):
            decrement = seen.value - Smooth(objective, penalty).evaluate(solution.beta + step, 0).value
            slack = 0.0
        solution = replace(solution, beta=solution.beta + step, decrement=decrement, last_step=step)
    bound = largest_fall(*(near if solution.last_step is None else _after_step(*near, error=seen.factor.error)))
    return certificate("proved", bound, seen, worst, seen.factor.rank_is_sure or None, slack), seen, solution


def held_elsewhere(objective: Objective, seen: Evaluation, rank: int) -> bool:
    """Whether an optimum is proved to exist but for directions without any curvature, so that this is the rank."""
    return seen.factor.rank_is_sure and _near(objective, seen, rank) is not None


def _near(objective: Objective, seen: Evaluation, rank: int | None = None) -> tuple[float, float] | None:
    """The squared Newton decrement and K^2, if they prove that there is an optimum near by; None if not.

    The Hessian's rank shall be that of X if not given.
    """
    assert seen.gradient is not None
    factor = seen.factor
    if factor.rank < objective.size:
        if np.abs(factor.unseen(seen.gradient)).max() > SLOPE_NOISE:
            return None  # it falls along a direction whose curvature is lost in rounding
        if factor.rank < (_rank_of_columns(objective) if rank is None else rank):
            return None  # curvature vanished along a direction that X does see: the coefficients run off there
    with np.errstate(over="ignore", invalid="ignore"):
        squared = float(seen.gradient @ factor.solve(seen.gradient))
        # K^2 <= max|x|^2 trace(H^-1) needs no pass. Only where it is too coarse is K itself worth one.
        reach = objective.loss.concordance * seen.reach * float(factor.variance.sum())
    squared = max(0.0, squared) if np.isfinite(squared) else math.inf
    if not reach * squared < 0.01 and squared < math.inf:
        reach = objective.loss.concordance * objective.widest(factor.half)
    a = math.sqrt(reach * squared) if np.isfinite(reach) else math.inf
    return (squared, reach) if a < SURE else None


def _far(seen: Evaluation) -> float:
    """The exact Hessian's decrement where nothing is proved; NaN where even that tells nothing of the distance.

    That is so where the gradient has a part along which curvature is lost in rounding; and where K is so large that a
    small decrement proves nothing: one row then holds what the others would move (its curvature vanishes on the way).
    """
    assert seen.gradient is not None
    decrement = newton_step(seen)[1]
    lost = np.abs(seen.factor.unseen(seen.gradient)).max(initial=0.0) > SLOPE_NOISE
    return math.nan if lost or decrement < TELLING * abs(seen.value) else decrement


def _after_step(squared: float, reach: float, *, error: float) -> tuple[float, float]:
    """The same after the exact step: |g+| <= lambda (e^a - 1 - a) / a in H^-1, H+ >= e^-a H, K+^2 <= e^a K^2 (Bach).

    The step is only as exact as the inverse of H: `error` is relative.
    """
    a = math.sqrt(reach * squared)
    ratio = ((math.expm1(a) - a) / a if a > 1e-4 else 0.5 * a) + error
    return squared * ratio**2 * math.exp(a), reach * math.exp(a)


def _misfit(squared: float, reach: float) -> float:
    """By how much the value after the exact step may differ from the quadratic model's: by its third derivative."""
    a = math.sqrt(reach * squared)
    return squared * a / 6.0 * math.exp(a)


def largest_fall(squared: float, reach: float) -> float:
    """The bound on F - F* of `Certificate`, from lambda^2 and K^2."""
    a = math.sqrt(reach * squared)
    return (a + (1.0 - a) * math.log1p(-a)) / reach if a > 1e-4 else squared * (0.5 + a / 6.0 + a * a)


def _violation(penalty: Penalty, solution: Solution, seen: Evaluation) -> float:
    """The largest violation where `seen` was evaluated; its gradient includes the penalty's."""
    if seen.gradient is None:
        return math.nan
    at = solution.beta if solution.last_step is None else solution.beta - solution.last_step
    return float(penalty.violation(at, seen.gradient - penalty.gradient(at)).max(initial=0.0))


def _rank_of_columns(objective: Objective) -> int:
    """The rank of X: that of the Hessian at 0, where every row counts. One pass."""
    return objective.evaluate(np.zeros(objective.size), 2).factor.rank


def _estimated(decrement: float, seen: Evaluation, violation: float, slack: float = 0.0) -> Certificate:
    kind = "estimated" if np.isfinite(decrement) else "none"
    return certificate(kind, decrement if np.isfinite(decrement) else math.nan, seen, violation, None, slack)


def certificate(
    kind: str, gap: float, seen: Evaluation, violation: float, exists: bool | None, slack: float = 0.0
) -> Certificate:
    """From a bound on F - F*, or an estimate of it.

    `slack` is by how much the value that is told may be above that of the solution.
    """
    told = gap + slack
    relative = told / abs(seen.value) if seen.value else (0.0 if told == 0.0 else math.inf)
    return Certificate(kind, relative, math.sqrt(2.0 * seen.weight * gap), violation, exists)
