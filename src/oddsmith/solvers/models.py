"""Quadratic models of a composite function, which proximal Newton steps minimise."""

from __future__ import annotations

import numpy as np

from oddsmith import kernels
from oddsmith.arrays import AnyArray, Array
from oddsmith.factor import Factor
from oddsmith.solvers.base import ROUNDING, dot
from oddsmith.solvers.composite import Composite

SWEEPS = 1000  # of one descent on a model, at most
CHANGES = 30  # of what is 0, in one exact step: each factorises a matrix, and improves the step
ROUGH = 1e-2  # of the inverse of unpenalised ones, relative, where it is worst
CURVED = 0.1  # a correction wants this share of the curvature that was expected


def correction(step: Array, image: Array, change: Array) -> Array | None:
    """What BFGS adds to a Hessian, aa' - bb', as rows a and b: then it sends the step to the change, not the image.

    None where the step met too little curvature; of a step that is all rounding what was expected may be negative.
    """
    curved, expected = dot(step, change), dot(step, image)
    if not (expected > 0.0 and curved > CURVED * expected):
        return None
    return np.array([change / np.sqrt(curved), image / np.sqrt(expected)])


class Model:
    """The sum, its loss replaced by a quadratic whose Hessian is given; unpenalised coefficients are eliminated.

    With F the Hessian of the unpenalised coefficients and C their rows of it, the others have H - C'F^-1 C. That is
    all that is kept, in the precision of H.

    Parameters
    ----------
    function : Composite
    hessian : array of shape (size, size)
        Of the loss, or something near it. It is not changed.

    Attributes
    ----------
    too_rough : bool
        Whether unpenalised coefficients are told apart by less than the precision of H: then what the model falls by
        tells nothing.
    """

    def __init__(self, function: Composite, hessian: AnyArray) -> None:
        self.function, self._free = function, np.flatnonzero(function.free)
        self._reduced = hessian.copy()
        self.too_rough = False
        self._eliminate(hessian[self._free].astype(np.float64))
        self._subtract(self._cross, self._across)
        self._step = self._image = np.zeros(len(hessian))

    @property
    def hessian(self) -> Array:
        """The whole of it."""
        whole = self._reduced.astype(np.float64)
        whole += self._cross.T @ self._across
        whole[self._free], whole[:, self._free] = self._cross, self._cross.T
        return whole

    def step(self, beta: Array, gradient: Array, accuracy: float, *, exact: bool = False) -> tuple[Array, float]:
        """The step to the model's minimum, by coordinate descent, and by how much the model falls.

        It ends where the violation is `accuracy` times that at the beginning; if `exact`, by solving for the
        coefficients that are then not 0.
        """
        function, free = self.function, self._free
        reduced = gradient - self._across.T @ gradient[free]
        reduced[free] = 0.0
        target = accuracy * float(np.abs(function.slope(beta, reduced)).max(initial=0.0))
        direction, after = np.zeros_like(beta), reduced.copy()
        kernels.descend(self._reduced, function.thresholds, function.curvature, beta, target, SWEEPS, after, direction)
        direction[free] = -self._inverse @ gradient[free] - self._across @ direction
        image = after - reduced - self._across.T @ gradient[free]
        image[free] = -gradient[free]
        if exact:
            direction, image = self._exact(beta, gradient, direction)
        self._step, self._image = direction, image
        change = dot(gradient, direction) + function.cost(beta + direction) - function.cost(beta)
        return direction, max(0.0, -change - 0.5 * dot(direction, image))

    def _exact(self, beta: Array, gradient: Array, direction: Array) -> tuple[Array, Array]:
        """The model's minimum from a point near it, and H times the step: Newton's among what is not 0.

        Each goes as far as signs are kept; what would change its sign stays at 0, and where nothing would, the
        coefficient at 0 that violates most joins (feature-sign search: Lee, Battle, Raina and Ng, 2006).
        """
        function, free, thresholds = self.function, self.function.free, self.function.thresholds
        hessian = self.hessian
        floor = ROUNDING * (float(np.abs(gradient).max(initial=0.0)) + float(thresholds.max(initial=0.0)))
        for _ in range(CHANGES):
            after = beta + direction
            slope = gradient + np.einsum("ij,j->i", hessian, direction) + function.curvature * after
            signs, kept = np.sign(after), (after != 0.0) | free
            beyond = np.where(kept, 0.0, np.abs(slope) - thresholds)
            if np.abs((slope + thresholds * signs)[kept]).max(initial=0.0) <= floor:
                worst = int(beyond.argmax())
                if beyond[worst] <= floor:
                    break
                signs[worst], kept[worst] = -np.sign(slope[worst]), True
            change, places = np.zeros_like(beta), np.flatnonzero(kept)
            factor = Factor(hessian[np.ix_(places, places)] + np.diag(function.curvature[places]))
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
        return direction, np.einsum("ij,j->i", hessian, direction)

    def correct(self, length: float, change: Array) -> None:
        """The BFGS update: the Hessian that sends so much of the last step to the change of the gradient it made."""
        pair = correction(length * self._step, length * self._image, change)
        if pair is None:
            return
        signed = pair * [[1.0], [-1.0]]
        cross, across = self._cross, self._across
        self._eliminate(cross + signed[:, self._free].T @ pair)
        self._subtract(np.vstack([self._cross, -cross, -signed]), np.vstack([self._across, across, pair]))

    def _eliminate(self, cross: Array) -> None:
        """Solve for the unpenalised coefficients, whose rows of the Hessian are given."""
        self._cross, self._inverse = cross, np.zeros((0, 0))
        if len(cross):
            factor = Factor(cross[:, self._free])
            self._inverse, self.too_rough = factor.inverse, factor.error_in(self._reduced.dtype.type) > ROUGH
        self._across = self._inverse @ cross

    def _subtract(self, left: Array, right: Array) -> None:
        """Left'right, of what is kept; what has no curvature stays where it is."""
        threads = kernels.threads_for(len(left) * self._reduced.size, self.function.objective.threads)
        kernels.add_products(self._reduced, -left, np.ascontiguousarray(right), threads)
        self._reduced[self._free] = self._reduced[:, self._free] = 0.0
