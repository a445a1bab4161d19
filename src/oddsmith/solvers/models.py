"""Quadratic models of a composite function, which proximal Newton steps minimise."""

from __future__ import annotations

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.factor import Factor
from oddsmith.solvers.base import ROUNDING, dot
from oddsmith.solvers.composite import Composite

SWEEPS = 1000  # of one descent on a model, at most
CURVED = 0.1  # a correction wants this share of the curvature that was expected


class Model:
    """The sum, its loss replaced by a quadratic whose Hessian is given; unpenalised coefficients are eliminated.

    Parameters
    ----------
    function : Composite
    hessian : array of shape (size, size)
        Of the loss, or something near it.
    """

    def __init__(self, function: Composite, hessian: Array) -> None:
        self.function, self.hessian, self._free = function, hessian, np.flatnonzero(function.free)
        self._reduced = hessian
        if len(self._free):
            cross = hessian[self._free]
            self._factor = Factor(cross[:, self._free])
            self._across = self._factor.solve(cross)
            self._reduced = hessian - cross.T @ self._across
            self._reduced[self._free] = self._reduced[:, self._free] = 0.0  # what has no curvature stays where it is

    def step(self, beta: Array, gradient: Array, accuracy: float, *, exact: bool = False) -> tuple[Array, float]:
        """The step to the model's minimum, by coordinate descent, and by how much the model falls.

        It ends where the violation is `accuracy` times that at the beginning; if `exact`, by solving for the
        coefficients that are then not 0.
        """
        function, free = self.function, self._free
        reduced = gradient.copy()
        if len(free):
            reduced -= self._across.T @ gradient[free]
            reduced[free] = 0.0
        target = accuracy * float(np.abs(function.slope(beta, reduced)).max(initial=0.0))
        direction = np.zeros_like(beta)
        kernels.descend(
            self._reduced, function.thresholds, function.curvature, beta, target, SWEEPS, reduced, direction
        )
        if len(free):
            direction[free] = -self._factor.solve(gradient[free]) - self._across @ direction
        if exact:
            direction = self._exact(beta, gradient, direction)
        curved = 0.5 * dot(direction, np.einsum("ij,j->i", self.hessian, direction))
        change = dot(gradient, direction) + function.cost(beta + direction) - function.cost(beta) + curved
        return direction, max(0.0, -change)

    def _exact(self, beta: Array, gradient: Array, direction: Array) -> Array:
        """The model's minimum from a point near it: Newton's steps among the coefficients that are not 0.

        Each goes as far as signs are kept; what would change its sign stays at 0, and where nothing would, the
        coefficient at 0 that violates most joins (feature-sign search: Lee, Battle, Raina and Ng, 2006).
        """
        function, free, thresholds = self.function, self.function.free, self.function.thresholds
        floor = ROUNDING * (float(np.abs(gradient).max(initial=0.0)) + float(thresholds.max(initial=0.0)))
        for _ in range(2 * len(beta) + 10):
            after = beta + direction
            slope = gradient + np.einsum("ij,j->i", self.hessian, direction) + function.curvature * after
            signs, kept = np.sign(after), (after != 0.0) | free
            beyond = np.where(kept, 0.0, np.abs(slope) - thresholds)
            if np.abs((slope + thresholds * signs)[kept]).max(initial=0.0) <= floor:
                worst = int(beyond.argmax())
                if beyond[worst] <= floor:
                    break
                signs[worst], kept[worst] = -np.sign(slope[worst]), True
            change, places = np.zeros_like(beta), np.flatnonzero(kept)
            factor = Factor(self.hessian[np.ix_(places, places)] + np.diag(function.curvature[places]))
            change[places] = -factor.solve((slope + thresholds * signs)[places])
            crossing = np.flatnonzero((signs * (after + change) < 0.0) & (after != 0.0) & ~free)
            reach = -after[crossing] / change[crossing]
            length = min(1.0, float(reach.min(initial=1.0)))
            direction = direction + length * change
            if len(crossing):
                gone = crossing[reach.argmin()]
                direction[gone] = -beta[gone]
            elif length == 1.0 and not (beyond > floor).any():
                break
        return direction

    def corrected(self, step: Array, change: Array) -> Model:
        """The BFGS update: the Hessian that sends the step to the change of the gradient that it made."""
        seen = np.einsum("ij,j->i", self.hessian, step)
        curved, expected = dot(step, change), dot(step, seen)
        if not curved > CURVED * expected:
            return self
        pair = np.array([change / np.sqrt(curved), seen / np.sqrt(expected)])
        return Model(self.function, self.hessian + (pair * [[1.0], [-1.0]]).T @ pair)
