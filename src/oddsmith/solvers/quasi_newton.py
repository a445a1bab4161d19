"""L-BFGS from any first inverse Hessian: how sketched Newton goes over the whole data, and over its sample."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import Status
from oddsmith.evaluation import Evaluation
from oddsmith.solvers.base import FULL_PRECISION, ROUNDING, Inverse, Smooth, Solution, Step, dot, gradient_of, search

PATIENCE = 3  # passes in which a good metric lets the decrement fall tenfold


@dataclass
class Metric:
    """L-BFGS: an inverse Hessian, corrected by the last steps and the gradient differences they made."""

    base: Inverse
    memory: int
    pairs: deque[tuple[Array, Array, float]] = field(default_factory=deque)

    def apply(self, gradient: Array) -> Array:
        """The two-loop recursion of Nocedal (1980)."""
        q = gradient.copy()
        alphas = []
        for s, y, rho in reversed(self.pairs):
            alphas.append(rho * dot(s, q))
            q -= alphas[-1] * y
        q = self.base.solve(q)
        for (s, y, rho), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q += (alpha - rho * dot(y, q)) * s
        return q

    def update(self, step: Array, difference: Array) -> None:
        """Remember a step, if the objective curved along it."""
        curvature = dot(step, difference)
        if curvature > 1e-12 * np.sqrt(dot(step, step) * dot(difference, difference)):
            self.pairs.append((step, difference, 1.0 / curvature))
            if len(self.pairs) > self.memory:
                self.pairs.popleft()


def descend(
    function: Smooth, beta: Array, metric: Metric, *, tol: float | None, limit: int, note: str = "",
    patience: int = PATIENCE, cautious: bool = False, proof: bool = False,
) -> Solution:  # fmt: skip
    """L-BFGS. STALLED asks for a better metric: the decrement has not fallen tenfold in `patience` passes.

    Once steps are known to be good the last of them is not looked at: what it leaves is told from how much the others
    left. A `cautious` descent does not believe its metric alone: it also looks at how the objective fell, and at every
    step. For a `proof` the last pass forms the Hessian.
    """
    goal = FULL_PRECISION if tol is None else 0.5 * tol
    length = 1.0
    beta, now = _better_start(function, beta)
    trace: list[Step] = []
    while True:
        gradient = gradient_of(now)
        direction = -metric.apply(gradient)
        decrement = max(0.0, -0.5 * dot(gradient, direction))
        if cautious:
            decrement = max(decrement, _still_to_gain(trace, now.value))
        near = 0.05 * decrement <= goal * abs(now.value)
        trace.append(Step(function.passes, now.value, decrement, length, note))
        note = ""
        status = None
        floor = _slow(trace, PATIENCE) and decrement <= ROUNDING * abs(now.value)
        left = math.inf if cautious or proof else _after_step(trace)
        if unseen_fall(decrement, left) <= goal * abs(now.value):
            end = beta + direction
            return Solution(end, now, Status.CONVERGED, tuple(trace), decrement, direction, None, left, metric.base)
        if floor or decrement <= goal * abs(now.value):
            status = Status.CONVERGED
        elif function.separates(now):
            status = Status.SEPARATED
        elif function.passes >= limit:
            status = Status.PASS_LIMIT
        elif _slow(trace, patience):
            status = Status.STALLED
        else:
            new, length = search(function, beta, direction, now, 2 if proof and near else 1)
            if length == 0.0:
                status = Status.CONVERGED if decrement <= ROUNDING * abs(now.value) else Status.STALLED
            else:
                metric.update(length * direction, gradient_of(new) - gradient)
                beta, now = beta + length * direction, new
        if status is not None:
            return Solution(beta, now, status, tuple(trace), decrement, inverse=metric.base)


def unseen_fall(decrement: float, left: float) -> float:
    """How far the value after a step that no pass looked at may be from what its decrement tells.

    The decrement falls with the square of the metric's relative error, which is also that of the decrement.
    """
    return 0.5 * math.sqrt(decrement * left)


def _after_step(trace: list[Step]) -> float:
    """The decrement that a full step will leave, if it is no better than either of the last two."""
    if len(trace) < 3 or any(step.length != 1.0 for step in trace[-2:]):
        return math.inf
    last, before, first = (step.decrement for step in (trace[-1], trace[-2], trace[-3]))
    return last * max(last / before, before / first) if last < before < first else math.inf


def _slow(trace: list[Step], patience: int) -> bool:
    return len(trace) > patience and trace[-1].decrement > 0.1 * trace[-1 - patience].decrement


def _still_to_gain(trace: list[Step], value: float) -> float:
    """What is left if the objective goes on falling at the rate at which it fell: a geometric series."""
    steps = min(5, len(trace) // 2)
    if steps == 0:
        return 0.0
    middle, first = trace[-steps].value, trace[-2 * steps].value
    late, early = middle - value, first - middle
    if not 0.0 < late < early:
        return max(0.0, late)
    return late * late / (early - late)


def _better_start(function: Smooth, beta: Array) -> tuple[Array, Evaluation]:
    """The sample's solution, unless the null model is better: then the sample was misleading."""
    now = function.evaluate(beta, 1)
    objective = function.objective
    if not objective.intercept or objective.source.has_offset:
        return beta, now
    null, value = objective.null()
    if now.value <= value or np.array_equal(beta, null):
        return beta, now
    return null, function.evaluate(null, 1)
