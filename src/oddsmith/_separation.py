"""Which coefficients have no finite, or no unique, optimum."""

from __future__ import annotations

import numpy as np

from oddsmith.arrays import Array
from oddsmith.axes import Axes
from oddsmith.evaluation import Evaluation
from oddsmith.objective import Objective
from oddsmith.penalties import Penalty

MARGIN_NOISE = 1e-11  # how far a row may lie on the wrong side, relative to the size of the terms that cancel there


def not_unique(seen: Evaluation, axes: Axes) -> tuple[int, ...]:
    """The coefficients that take part in a direction without curvature; of constant columns, not the intercept."""
    assert seen.hessian is not None
    diagonal = np.diagonal(seen.hessian)
    directions = seen.factor.null_axes.copy()
    if not directions.shape[1]:
        return ()
    constant = diagonal == 0.0
    directions[constant] = 0.0
    directions /= np.sqrt(np.where(constant, 1.0, diagonal))[:, None]
    touched = axes.touched(directions[:, np.abs(directions).max(axis=0) > 0.0], 1e-6)
    return tuple(sorted({*touched, *(int(k) % axes.free - axes.intercept for k in np.flatnonzero(constant))}))


def running_off(objective: Objective, penalty: Penalty, beta: Array, seen: Evaluation, axes: Axes) -> tuple[int, ...]:
    """The coefficients that run off, proved by a direction that separates the rows; () if none is found.

    Candidates are the next Newton step, the way down where curvature has vanished, and the coefficients themselves.
    Each costs a pass, which looks whether any row lies on its wrong side (Albert and Anderson, 1984). Penalised
    coefficients do not run off.
    """
    assert seen.gradient is not None
    with np.errstate(over="ignore", invalid="ignore"):
        candidates = [-seen.factor.solve(seen.gradient), -seen.factor.null_part(seen.gradient), beta]
    free = penalty.curvature(np.zeros(objective.size)) == 0.0
    for candidate in candidates:
        direction = np.where(free, candidate, 0.0)
        size = float(np.abs(direction).max())
        if not (np.isfinite(size) and size > 0.0):
            continue
        unit: Array = direction / size
        least, largest = objective.margins(unit)
        if largest > MARGIN_NOISE and least >= -MARGIN_NOISE:
            return axes.touched(unit[:, None], 0.05)
    return ()
