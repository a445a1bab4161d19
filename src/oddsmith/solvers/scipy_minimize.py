"""SciPy's conjugate gradient, BFGS and L-BFGS: SciPy takes the steps, the house says when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, NoReturn

import numpy as np

from oddsmith.arrays import Array, check_integer
from oddsmith.errors import Status
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import FULL_PRECISION, ROUNDING, Smooth, Solution, Step, gradient_of
from oddsmith.solvers.newton import newton_step
from oddsmith.solvers.sketched_newton import SketchedNewton


@dataclass(frozen=True)
class ScipyMinimize:
    """`scipy.optimize.minimize` on standardised columns, by the method that a subclass names.

    Its own rules for stopping look at the slope or at the last gain, and are switched off. Instead, where the slope
    suggests that the tolerance is met, a pass forms the Hessian, and the Newton decrement tells. With tol=None SciPy
    runs until the loss falls no more, and an exact Newton step ends the fit. Beyond `SketchedNewton.dense_limit`
    coefficients no Hessian is formed, and the slope has to do.

    Parameters
    ----------
    max_passes : int, default 1000
        Each point that SciPy asks for is a pass.

    References
    ----------
    Nocedal and Wright, *Numerical Optimization*, 2nd ed. (2006), chapters 5 to 7.
    """

    max_passes: int = 1000
    name: ClassVar[str]
    method: ClassVar[str]
    never: ClassVar[Mapping[str, float]] = {"gtol": 0.0}  # SciPy's own rules, switched off
    refined: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_integer(self.max_passes, "max_passes")

    def solve(
        self, objective: Objective, penalty: Penalty, start: Array, *, tol: float | None, max_passes: int | None
    ) -> Solution:
        """Minimise objective + penalty from start."""
        from scipy.optimize import minimize

        run = _Run(Smooth(objective, penalty), start, tol, max_passes or self.max_passes)
        options = {"maxiter": run.limit, **self.never}
        try:
            run.judge_if_near()
            minimize(run.evaluate, start, jac=True, method=self.method, callback=run.accept, options=options)
            run.judge(at_the_floor=True)  # SciPy sees no way down: what it calls a loss of precision
        except _Stop:
            pass
        return run.solution()


class ScipyCG(ScipyMinimize):
    """Nonlinear conjugate gradient (Polak and Ribiere, 1969)."""

    name: ClassVar[str] = "scipy-cg"
    method: ClassVar[str] = "CG"


class ScipyBFGS(ScipyMinimize):
    """BFGS: an inverse Hessian, p x p, learned from the gradients seen."""

    name: ClassVar[str] = "scipy-bfgs"
    method: ClassVar[str] = "BFGS"


class ScipyLBFGS(ScipyMinimize):
    """L-BFGS: the same from the last ten steps alone, without the matrix (Liu and Nocedal, 1989)."""

    name: ClassVar[str] = "scipy-lbfgs"
    method: ClassVar[str] = "L-BFGS-B"
    never: ClassVar[Mapping[str, float]] = {"gtol": 0.0, "ftol": 0.0, "maxfun": np.inf}


class _Stop(Exception):  # noqa: N818
    """Leaves SciPy's loop."""


class _Run:
    """What SciPy asks for, and how far it has come."""

    def __init__(self, function: Smooth, start: Array, tol: float | None, limit: int) -> None:
        self.function, self.tol, self.limit = function, tol, limit
        self.goal = self.asked = FULL_PRECISION if tol is None else 0.5 * tol
        self.dense = function.objective.size <= SketchedNewton.dense_limit
        self.beta, self.now = start, function.evaluate(start)
        self.tried = {start.tobytes(): self.now}
        self.trace = [Step(function.passes, self.now.value, self._estimate())]
        self.status = Status.PASS_LIMIT
        self.last_step: Array | None = None

    def evaluate(self, x: Array) -> tuple[float, Array]:
        """Value and gradient, for SciPy."""
        key = x.tobytes()
        if key not in self.tried:
            if not np.isfinite(x).all():
                self._stop(Status.STALLED)  # SciPy divided by a curvature that has vanished
            self._spend()
            self.tried[key] = self.function.evaluate(x)
        return self.tried[key].value, gradient_of(self.tried[key])

    def accept(self, x: Array) -> None:
        """SciPy went to x: stop there?"""
        self.evaluate(x)
        last, self.beta, self.now = self.now, x.copy(), self.tried[x.tobytes()]
        self.tried = {x.tobytes(): self.now}
        self.trace.append(Step(self.function.passes, self.now.value, self._estimate(), float("nan")))
        if self.function.separates(self.now):
            self._stop(Status.SEPARATED)
        if not self.now.value < last.value:
            self.judge(at_the_floor=True)
        self.judge_if_near()

    def judge_if_near(self) -> None:
        """Judge if the slope suggests that the tolerance is met."""
        if self.trace[-1].decrement <= self.asked * abs(self.now.value):
            self.judge(at_the_floor=False)

    def judge(self, *, at_the_floor: bool) -> None:
        """Stop if the decrement says so. At the floor, where nothing is left to gain but rounding, stop in any case."""
        estimate = decrement = self.trace[-1].decrement
        direction = None
        if self.dense:
            self._spend()
            self.now = self.function.evaluate(self.beta, 2)
            direction, decrement = newton_step(self.now)
            self.trace[-1] = replace(self.trace[-1], passes=self.function.passes, decrement=decrement)
        size = abs(self.now.value)
        if decrement <= (max(self.goal, ROUNDING) if at_the_floor else self.goal) * size:
            self.last_step = direction if self.tol is None else None
            self._stop(Status.CONVERGED)
        if at_the_floor:
            self._stop(Status.STALLED)
        self.asked = 0.5 * self.goal * estimate / decrement

    def solution(self) -> Solution:
        end = self.beta if self.last_step is None else self.beta + self.last_step
        return Solution(end, self.now, self.status, tuple(self.trace), self.trace[-1].decrement, self.last_step)

    def _estimate(self) -> float:
        """The Newton decrement, if the loss curved everywhere as it does at 0 along standardised columns."""
        curvature = self.function.objective.loss.flattest + self.function.penalty.curvature(self.beta)
        return 0.5 * float(gradient_of(self.now) ** 2 @ (1.0 / curvature))

    def _spend(self) -> None:
        if self.function.passes >= self.limit:
            self._stop(Status.PASS_LIMIT)

    def _stop(self, status: Status) -> NoReturn:
        self.status = status
        raise _Stop
