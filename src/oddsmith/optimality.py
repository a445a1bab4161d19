"""The judge: how far a solution is from the optimum, by one yardstick for every solver and penalty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from oddsmith.errors import Status
from oddsmith.factor import Factor
from oddsmith.objective import Evaluation, Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers import Smooth, Solution


@dataclass(frozen=True)
class Certificate:
    r"""How far a fit is from the optimum, and how that is known.

    With the exact Hessian H at the solution, :math:`\lambda^2 = g'H^{-1}g`, :math:`K^2 = \max_i x_i'H^{-1}x_i` and
    :math:`a = K\lambda < 1`,

    .. math:: F - F^* \le [a + (1 - a) \log(1 - a)] / K^2,

    and a finite optimum exists. (From :math:`|f'''| \le f''`, Bach 2010, *Self-concordant analysis for logistic
    regression*.)

    Attributes
    ----------
    kind : {"proved", "estimated", "none"}
        "proved": the bound above, up to rounding. "estimated": the solver's decrement in an approximate metric.
        "none": neither could be had.
    suboptimality : float
        (F - F*) / F, F being mean loss plus penalty: a bound, an estimate, or NaN.
    standard_errors : float
        The distance to the optimum in units of the coefficients' standard errors: sqrt(2 W (F - F*)).
    violation : float
        The largest entry of the gradient of F in standardised columns.
    optimum_exists : bool or None
        True if proved. None if not known.
    """

    kind: str
    suboptimality: float
    standard_errors: float
    violation: float
    optimum_exists: bool | None

    def __str__(self) -> str:
        if self.kind == "none":
            return "none"
        bound = max(self.suboptimality, float(np.finfo(float).eps))
        sign = "<=" if self.kind == "proved" else "about"
        return f"{self.kind}: relative suboptimality {sign} {bound:.1e}, {self.standard_errors:.1e} standard errors"


def certify(
    objective: Objective, penalty: Penalty, solution: Solution, *, prove: bool, dense_limit: int
) -> tuple[Certificate, Evaluation]:
    """Judge a solution. To prove takes the Hessian: the solution's own, or one more pass.

    Returns the certificate, and the evaluation (loss plus penalty) that it rests on.
    """
    seen = solution.evaluation
    if prove and seen.hessian is None and objective.size <= dense_limit and np.isfinite(solution.beta).all():
        seen = Smooth(objective, penalty).evaluate(solution.beta, 2)
    worst = _violation(penalty, solution, seen)
    if seen.hessian is None or solution.status is Status.DIVERGED:
        return _estimated(solution, seen, worst), seen
    bound, exists = _bound(objective, seen, polished=solution.last_step is not None)
    if not exists:
        return _estimated(solution, seen, worst), seen
    return _certificate("proved", bound, seen, worst, True), seen


def _bound(objective: Objective, seen: Evaluation, *, polished: bool) -> tuple[float, bool]:
    """The proved bound on F - F*, and whether a < 1."""
    assert seen.hessian is not None and seen.gradient is not None
    factor = Factor(seen.hessian)
    squared = max(0.0, float(seen.gradient @ factor.solve(seen.gradient)))
    if factor.rank < objective.size and factor.rank < _rank_of_columns(objective):
        return math.inf, False  # curvature vanished along a direction that X does see: the coefficients run off there
    # K^2 <= max|x|^2 trace(H^-1) needs no pass. Only where it is too coarse is K itself worth one.
    reach = min(seen.reach * float(np.trace(factor.inverse)), 1e300)
    if reach * squared >= 0.01:
        reach = objective.widest(factor.half)
    a = math.sqrt(reach * squared)
    if not a < 1.0:
        return math.inf, False
    if polished:
        # After the exact step: |g+| <= lambda (e^a - 1 - a) / a in H^-1, and H+ >= e^-a H, K+^2 <= e^a K^2 (Bach 2010)
        ratio = (math.expm1(a) - a) / a if a > 1e-4 else 0.5 * a
        squared, reach = squared * ratio**2 * math.exp(a), reach * math.exp(a)
        a = math.sqrt(reach * squared)
        if not a < 1.0:
            return math.inf, False
    return (a + (1.0 - a) * math.log1p(-a)) / reach if a > 1e-4 else squared * (0.5 + a / 6.0 + a * a), True


def _violation(penalty: Penalty, solution: Solution, seen: Evaluation) -> float:
    """The largest violation where `seen` was evaluated; its gradient includes the penalty's."""
    if seen.gradient is None:
        return math.nan
    at = solution.beta if solution.last_step is None else solution.beta - solution.last_step
    return float(penalty.violation(at, seen.gradient - penalty.gradient(at)).max(initial=0.0))


def _rank_of_columns(objective: Objective) -> int:
    """The rank of X: that of the Hessian at 0, where every row counts. One pass."""
    hessian = objective.evaluate(np.zeros(objective.size), 2).hessian
    assert hessian is not None
    return Factor(hessian).rank


def _estimated(solution: Solution, seen: Evaluation, violation: float) -> Certificate:
    if math.isnan(solution.decrement):
        return _certificate("none", math.nan, seen, violation, None)
    return _certificate("estimated", solution.decrement, seen, violation, None)


def _certificate(kind: str, gap: float, seen: Evaluation, violation: float, exists: bool | None) -> Certificate:
    relative = gap / abs(seen.value) if seen.value else (0.0 if gap == 0.0 else math.inf)
    return Certificate(kind, relative, math.sqrt(2.0 * seen.weight * gap), violation, exists)
