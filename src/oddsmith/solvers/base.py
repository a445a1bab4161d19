"""The contract of a solver, and what all of them share: the penalised function, the line search, the trace."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np

from oddsmith.arrays import Array
from oddsmith.errors import NumericalError, SpecificationError, Status
from oddsmith.evaluation import Evaluation
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty

LENGTHS = (*(2.0**-k for k in range(1, 11)), *(8.0**-k for k in range(4, 21)))
ROUNDING = 1e-14  # relative differences of the objective below it are noise
FULL_PRECISION = 1e-20  # what tol=None asks of the Newton decrement, relative to the objective


@dataclass(frozen=True)
class Step:
    """One line of a trace.

    Attributes
    ----------
    passes : int
        Passes over the whole data so far.
    value : float
        Mean loss plus penalty.
    decrement : float
        Estimated distance of value to the optimum (half the squared Newton decrement); NaN if the solver has none.
    length : float
        Of the step that led here; 1 is the full step. NaN if the solver does not say.
    note : str
        What was decided, and why.
    """

    passes: int
    value: float
    decrement: float = float("nan")
    length: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Solution:
    """Where a solver stopped.

    Attributes
    ----------
    beta : Array
    evaluation : Evaluation
        Loss plus penalty at beta or, after a last step, at beta - last_step.
    decrement : float
        The solver's estimate of the suboptimality of `evaluation`; NaN if it has none.
    last_step : Array or None
        The step, taken without a further pass, that led from `evaluation`'s point to beta: Newton's, where the
        evaluation holds the Hessian.
    low : Array or None
        What beta, in double-double, has beyond its doubles.
    left : float or None
        After a last step that was not Newton's, what it probably leaves of the suboptimality.
    inverse : Inverse or None
        Roughly the inverse Hessian, where the solver has one.
    """

    beta: Array
    evaluation: Evaluation
    status: Status
    trace: tuple[Step, ...]
    decrement: float = float("nan")
    last_step: Array | None = None
    low: Array | None = None
    left: float | None = None
    inverse: Inverse | None = None


class Inverse(Protocol):
    """An approximate inverse Hessian."""

    @property
    def variance(self) -> Array:
        """The diagonal of H^-1."""
        ...

    def solve(self, vector: Array) -> Array:
        """H^-1 vector."""
        ...


class Solver(Protocol):
    """Minimises objective + penalty, starting anywhere.

    `refined` says whether its answer may be carried on by exact Newton steps, to prove that an optimum exists; not
    where the iterates themselves are the point.
    """

    name: ClassVar[str]
    refined: ClassVar[bool]

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None
    ) -> Solution:
        """Stop at a relative suboptimality of tol (None: full precision) or after max_passes, whichever is first."""
        ...


class Smooth:
    """Objective plus a smooth penalty, as one function. Counts passes from its own beginning.

    `ridge` adds ridge |beta|^2 / 2 on every coefficient: what keeps a sampled problem bounded.
    """

    def __init__(self, objective: Objective, penalty: Penalty, ridge: float = 0.0) -> None:
        if not penalty.smooth:
            raise SpecificationError(
                "This solver needs a smooth penalty", f"{penalty.name}", "Use solver='auto', or L2."
            )
        self.objective, self.penalty, self.ridge = objective, penalty, ridge
        self._before = objective.passes

    @property
    def passes(self) -> int:
        return self.objective.passes - self._before

    def evaluate(self, beta: Array, order: int = 1) -> Evaluation:
        """Value, gradient and Hessian of the sum."""
        return self._with_penalty(beta, self.objective.evaluate(beta, order))

    def _with_penalty(self, beta: Array, seen: Evaluation) -> Evaluation:
        gradient, hessian = seen.gradient, seen.hessian  # a pass made them, and nobody else holds them
        if gradient is not None:
            gradient += self.penalty.gradient(beta)
            if self.ridge:
                gradient += self.ridge * beta
        if hessian is not None:
            hessian.reshape(-1)[:: len(beta) + 1] += self.penalty.curvature(beta) + self.ridge
        return Evaluation(seen.value + self._cost(beta), gradient, hessian, seen.weight, seen.reach)

    def rough_hessian(self, beta: Array) -> Array:
        """The Hessian of the sum, that of the loss in single precision where there is a kernel for it."""
        hessian: Array = self.objective.rough_hessian(beta).astype(np.float64)
        hessian.reshape(-1)[:: len(beta) + 1] += self.penalty.curvature(beta) + self.ridge
        return hessian

    def near_optimum(self, beta: Array, goal: float, limit: int) -> tuple[Array, Evaluation, list[Step]]:
        """A point, near the optimum where the problem is small; what is seen there at order 2; and how it was reached.

        A smooth penalty is a ridge.
        """
        curvature = self.penalty.curvature(beta) + self.ridge
        end, seen, lines = self.objective.near_optimum(beta, curvature, goal, limit)
        steps = [Step(int(k) - self._before, value, decrement, length) for k, value, decrement, length in lines]
        return end, self._with_penalty(end, seen), steps

    def along(self, beta: Array, direction: Array, lengths: Sequence[float]) -> Array:
        """Values at beta + t direction, in one pass."""
        costs = [self._cost(beta + t * direction) for t in lengths]
        return self.objective.along(beta, direction, lengths) + np.array(costs)

    def separates(self, now: Evaluation) -> bool:
        """Whether a mean loss this small proves that every row is on its right side, and nothing may hold it there."""
        if self.ridge > 0.0 or now.value > math.log(2.0) / self.objective.rows:
            return False
        if self.objective.source.has_offset or not may_run_off(self.objective, self.penalty):
            return False
        return now.value * now.weight < math.log(2.0) * self.objective.source.smallest_weight()

    def _cost(self, beta: Array) -> float:
        cost = self.penalty.value(beta)
        return cost + 0.5 * self.ridge * dot(beta, beta) if self.ridge else cost


def continued(first: Solution, second: Solution, note: str) -> Solution:
    """The second solution, which began where the first ended, with the trace of both."""
    before = first.trace[-1].passes
    steps = [replace(step, passes=before + step.passes) for step in second.trace]
    return replace(second, trace=(*first.trace, replace(steps[0], note=note), *steps[1:]))


def may_run_off(objective: Objective, penalty: Penalty) -> bool:
    """Whether a column is not penalised: nothing but the data may then hold its coefficient."""
    columns = penalty.curvature(np.zeros(objective.size)).reshape(-1, objective.width)[:, objective.intercept :]
    return bool((columns == 0.0).any())


def decreases(new: Evaluation, old: Evaluation, slope: float, length: float = 1.0) -> bool:
    """Armijo's condition, with an allowance for the rounding of two nearly equal values."""
    return new.value <= old.value + 1e-4 * length * slope + ROUNDING * abs(old.value)


def search(function: Smooth, beta: Array, direction: Array, now: Evaluation, order: int) -> tuple[Evaluation, float]:
    """Full step first; if it does not do, the best of many shorter ones, all tried in one pass. Length 0: none did."""
    slope = dot(gradient_of(now), direction)
    new = function.evaluate(beta + direction, order)
    if decreases(new, now, slope):
        return new, 1.0
    values = function.along(beta, direction, LENGTHS)
    best = int(np.nanargmin(values)) if np.isfinite(values).any() else 0
    if not values[best] < now.value:
        return now, 0.0
    return function.evaluate(beta + LENGTHS[best] * direction, order), LENGTHS[best]


def dot(one: Array, two: Array) -> float:
    """The inner product on one thread: BLAS would wake a pool of them for each, and its bits depend on how many."""
    return float(np.einsum("i,i->", one, two))


def gradient_of(evaluation: Evaluation) -> Array:
    """The gradient, which must be there and finite."""
    if evaluation.gradient is None or not np.isfinite(evaluation.gradient).all():
        raise NumericalError(
            "The gradient is not finite", f"value {evaluation.value}", "Look for extreme values in offset or weights."
        )
    return evaluation.gradient
