"""Objective plus a penalty that need not be smooth, and its quadratic model: what proximal Newton steps are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.evaluation import Evaluation
from oddsmith.factor import Factor
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import ROUNDING, dot, gradient_of

SWEEPS = 1000  # of one descent on a model, at most


class Composite:
    """The mean loss plus the sum of t_j |b_j| + c_j b_j^2 / 2, as one function. Counts passes from its own beginning.

    Attributes
    ----------
    thresholds, curvature : arrays of shape (size,)
        t and c.
    free : bool array of shape (size,)
        Which coefficients are not penalised.
    """

    def __init__(self, objective: Objective, thresholds: Array, curvature: Array) -> None:
        self.objective, self.thresholds, self.curvature = objective, thresholds, curvature
        self.free = (thresholds == 0.0) & (curvature == 0.0)
        self._before = objective.passes

    @classmethod
    def of(cls, objective: Objective, penalty: Penalty) -> Composite:
        """By what the contract of a penalty says."""
        zeros = np.zeros(objective.size)
        return cls(objective, penalty.thresholds(zeros), penalty.curvature(zeros))

    @property
    def passes(self) -> int:
        return self.objective.passes - self._before

    def evaluate(self, beta: Array, order: int = 1) -> Evaluation:
        """Value of the sum; gradient and Hessian of the loss alone."""
        seen = self.objective.evaluate(beta, order)
        return replace(seen, value=seen.value + self.cost(beta))

    def cost(self, beta: Array) -> float:
        """What the penalty adds."""
        return dot(self.thresholds, np.abs(beta)) + 0.5 * dot(self.curvature * beta, beta)

    def slope(self, beta: Array, gradient: Array) -> Array:
        """The element of least size in the subdifferential of the sum: zero at an optimum."""
        slope = gradient + self.curvature * beta
        at_kink = np.copysign(np.maximum(np.abs(slope) - self.thresholds, 0.0), slope)
        return np.where(beta == 0.0, at_kink, slope + np.copysign(self.thresholds, beta))

    def members(self, columns: AnyArray) -> AnyArray:
        """Where the coefficients of some columns, and the intercepts, stand in beta."""
        intercept, width = int(self.objective.intercept), self.objective.width
        one = np.concatenate([np.arange(intercept), intercept + columns])
        members: AnyArray = (np.arange(self.objective.loss.outputs)[:, None] * width + one).ravel()
        return members

    def columns(self, marked: AnyArray) -> AnyArray:
        """The columns that have a marked coefficient."""
        marked = marked.reshape(-1, self.objective.width)[:, int(self.objective.intercept) :]
        return np.flatnonzero(marked.any(axis=0))

    def only(self, columns: AnyArray, known: Composite | None = None) -> Composite:
        """The same function of the coefficients of some columns, the others being 0. Copies those not known."""
        members = self.members(columns)
        objective = self.objective.only(columns, None if known is None else known.objective)
        return Composite(objective, self.thresholds[members], self.curvature[members])


class Model:
    """The sum, its loss replaced by a quadratic whose Hessian is given; unpenalised coefficients are eliminated.

    Parameters
    ----------
    function : Composite
    hessian : array of shape (size, size)
        Of the loss, or something near it.
    """

    def __init__(self, function: Composite, hessian: Array) -> None:
        self.function, free = function, function.free
        self._free, self._held = np.flatnonzero(free), np.flatnonzero(~free)
        self._full = hessian
        self._factor = Factor(hessian[np.ix_(free, free)]) if len(self._free) else None
        self._reduced = hessian[np.ix_(~free, ~free)]
        if self._factor is not None:
            cross = hessian[np.ix_(free, ~free)]
            self._across = self._factor.solve(cross)
            self._reduced = self._reduced - cross.T @ self._across

    def step(self, beta: Array, gradient: Array, accuracy: float, *, exact: bool = False) -> tuple[Array, float]:
        """The step to the model's minimum, by coordinate descent, and by how much the model falls.

        It ends where the violation is `accuracy` times that at the beginning; if `exact`, by solving for the
        coefficients that are then not 0.
        """
        function, held, free = self.function, self._held, self._free
        reduced = gradient[held]
        if self._factor is not None:
            reduced = reduced - self._across.T @ gradient[free]
        direction = np.zeros_like(beta)
        if len(held):
            thresholds, curvature, start = function.thresholds[held], function.curvature[held], beta[held]
            target = accuracy * float(np.abs(function.slope(beta, _placed(reduced, held, len(beta)))[held]).max())
            step = np.zeros(len(held))
            kernels.descend(self._reduced, thresholds, curvature, start, target, SWEEPS, reduced.copy(), step)
            direction[held] = step
        if self._factor is not None:
            direction[free] = -self._factor.solve(gradient[free]) - self._across @ direction[held]
        if exact:
            direction = self._exact(beta, gradient, direction)
        curved = 0.5 * dot(direction, np.einsum("ij,j->i", self._full, direction))
        change = dot(gradient, direction) + function.cost(beta + direction) - function.cost(beta) + curved
        return direction, max(0.0, -change)

    def _exact(self, beta: Array, gradient: Array, direction: Array) -> Array:
        """Newton's step among the coefficients that are not 0 after the step given, if it keeps their signs."""
        function, after = self.function, beta + direction
        kept = np.flatnonzero((after != 0.0) | function.free)
        slope = (gradient + function.thresholds * np.sign(after) + function.curvature * beta)[kept]
        gone = np.flatnonzero((after == 0.0) & (beta != 0.0))
        slope = slope - self._full[np.ix_(kept, gone)] @ beta[gone]
        factor = Factor(self._full[np.ix_(kept, kept)] + np.diag(function.curvature[kept]))
        newton = -beta * (after == 0.0)
        newton[kept] = -factor.solve(slope)
        signs = np.sign(beta + newton) == np.sign(after)
        return newton if (signs | function.free).all() else direction


def search(function: Composite, beta: Array, direction: Array, now: Evaluation) -> tuple[Array, Evaluation, float]:
    """Full step first, then halves until it descends. Length 0: none did."""
    slope = dot(gradient_of(now), direction) + function.cost(beta + direction) - function.cost(beta)
    length = 1.0
    while length > 1e-10:
        end = beta + direction if length == 1.0 else beta + length * direction
        new = function.evaluate(end)
        if new.value <= now.value + 0.01 * length * slope + ROUNDING * abs(now.value):
            return end, new, length
        length *= 0.5
    return beta, now, 0.0


def _placed(values: Array, places: AnyArray, size: int) -> Array:
    out = np.zeros(size)
    out[places] = values
    return out
