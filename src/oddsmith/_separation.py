"""Which coefficients have no finite, or no unique, optimum."""

from __future__ import annotations

import numpy as np

from oddsmith.axes import Axes
from oddsmith.factor import Factor
from oddsmith.objective import Evaluation


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
