"""Which coefficients have no finite, or no unique, optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oddsmith.arrays import Array
from oddsmith.factor import Factor
from oddsmith.objective import Evaluation


@dataclass(frozen=True)
class Axes:
    """How the solver's coefficients b stand to raw ones: coef = b / scale, intercept = b_0 - centre'coef."""

    centre: Array
    scale: Array
    intercept: bool

    def touched(self, directions: Array, threshold: float) -> tuple[int, ...]:
        """The columns (-1: the intercept) that directions, one a column of the array, take part in.

        Columns are compared per standard deviation; the intercept is that of raw columns.
        """
        if not directions.size:
            return ()
        columns = directions[self.intercept :]
        size = np.abs(columns).max(axis=1)
        found = tuple(map(int, np.flatnonzero(size > threshold * size.max(initial=0.0))))
        if not self.intercept:
            return found
        first = np.abs(directions[0] - (self.centre / self.scale) @ columns).max()
        return (-1, *found) if first > threshold * size.max(initial=0.0) else found


def not_unique(seen: Evaluation, axes: Axes) -> tuple[int, ...]:
    """The coefficients that take part in a direction without curvature; of constant columns, not the intercept."""
    assert seen.hessian is not None
    diagonal = np.diagonal(seen.hessian)
    directions = Factor(seen.hessian).null_axes.copy()
    if not directions.shape[1]:
        return ()
    constant = diagonal == 0.0
    directions[constant] = 0.0
    directions /= np.sqrt(np.where(constant, 1.0, diagonal))[:, None]
    touched = axes.touched(directions[:, np.abs(directions).max(axis=0) > 0.0], 1e-6)
    return tuple(sorted({*touched, *(int(k) - axes.intercept for k in np.flatnonzero(constant))}))


def moving(seen: Evaluation, axes: Axes) -> tuple[int, ...]:
    """The coefficients along which the objective still falls: those that the next Newton step would move most."""
    assert seen.hessian is not None and seen.gradient is not None
    step = Factor(seen.hessian).solve(seen.gradient)
    return axes.touched(step[:, None], 0.05)
