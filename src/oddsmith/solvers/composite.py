"""Objective plus a penalty that need not be smooth, as one function, and the search along a step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oddsmith.arrays import AnyArray, Array
from oddsmith.evaluation import Evaluation
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty
from oddsmith.solvers.base import ROUNDING, dot, gradient_of


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

    def evaluate_by(self, part: Composite, some: Array, beta: Array) -> Evaluation:
        """As `evaluate` at beta, which has `some` for the columns of `part` and 0 elsewhere."""
        seen = self.objective.evaluate_by(part.objective, some, beta)
        return replace(seen, value=seen.value + self.cost(beta))

    def cost(self, beta: Array) -> float:
        """What the penalty adds."""
        return dot(self.thresholds, np.abs(beta)) + 0.5 * dot(self.curvature * beta, beta)

    def slope(self, beta: Array, gradient: Array) -> Array:
        """The element of least size in the subdifferential of the sum: zero at an optimum."""
        slope = gradient + self.curvature * beta
        at_kink = np.copysign(np.maximum(np.abs(slope) - self.thresholds, 0.0), slope)
        return np.where(beta == 0.0, at_kink, slope + np.copysign(self.thresholds, beta))

    def gap(self, beta: Array, seen: Evaluation) -> float:
        """A bound on the duality gap, or nearly so.

        The dual point is s times the row gradients; conjugates of the losses, which are convex and 0 at 0, are at most
        s times those at s = 1: P(b) + s g'b + (1 - s) L(b) + P*(-s g). The gradient of what is not penalised, which has
        to be 0, is counted as if that had been mended.
        """
        gradient, cost = gradient_of(seen), self.cost(beta)
        held, size = ~self.free, np.abs(gradient) + np.abs(gradient[self.free]).max(initial=0.0)
        flat, curved = held & (self.curvature == 0.0), self.curvature > 0.0
        shrink = float((self.thresholds[flat] / np.maximum(size[flat], self.thresholds[flat])).min(initial=1.0))
        beyond = np.maximum(shrink * size[curved] - self.thresholds[curved], 0.0)
        dual = 0.5 * dot(beyond / self.curvature[curved], beyond)
        return cost + shrink * dot(gradient[held], beta[held]) + (1.0 - shrink) * (seen.value - cost) + dual

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

    def only(self, columns: AnyArray, *, keep: bool = False) -> Composite:
        """The same function of the coefficients of some columns, the others being 0; see `Objective.only`."""
        members = self.members(columns)
        return Composite(self.objective.only(columns, keep=keep), self.thresholds[members], self.curvature[members])


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
