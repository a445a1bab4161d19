"""Quadratic models of a composite function, which proximal Newton steps minimise."""

from __future__ import annotations

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import Array
from oddsmith.factor import Factor
from oddsmith.solvers.base import dot
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
        """Newton's step among the coefficients that are not 0 after the step given, if it keeps their signs."""
        function, after = self.function, beta + direction
        kept = np.flatnonzero((after != 0.0) | function.free)
        slope = (gradient + function.thresholds * np.sign(after) + function.curvature * beta)[kept]
        gone = np.flatnonzero((after == 0.0) & (beta != 0.0))
        slope = slope - self.hessian[np.ix_(kept, gone)] @ beta[gone]
        factor = Factor(self.hessian[np.ix_(kept, kept)] + np.diag(function.curvature[kept]))
        newton = -beta * (after == 0.0)
        newton[kept] = -factor.solve(slope)
        signs = np.sign(beta + newton) == np.sign(after)
        return newton if (signs | function.free).all() else direction

    def corrected(self, step: Array, change: Array) -> Model:
        """The BFGS update: the Hessian that sends the step to the change of the gradient that it made."""
        seen = np.einsum("ij,j->i", self.hessian, step)
        curved, expected = dot(step, change), dot(step, seen)
        if not curved > CURVED * expected:
            return self
        pair = np.array([change / np.sqrt(curved), seen / np.sqrt(expected)])
        return Model(self.function, self.hessian + (pair * [[1.0], [-1.0]]).T @ pair)
