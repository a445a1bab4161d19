"""The NumPy twins of `cpp/models.hpp`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oddsmith._reference_descent import add_products, descend
from oddsmith.arrays import AnyArray, Array

__all__ = ["correct_models", "model_steps", "reduced_hessian"]


def reduced_hessian(
    parts: AnyArray, chosen: AnyArray, share: float, across: Array, border: Array, out: AnyArray
) -> None:
    """Fills `out` (m, m) with share times the sum of some of `parts` (A, M, M), M >= m, less across border'."""
    size, kind = len(out), out.dtype
    out[:] = parts[chosen, :size, :size].sum(axis=0)
    out *= kind.type(share)
    out -= np.multiply.outer(across.astype(kind), border.astype(kind))


def model_steps(
    hessians: Sequence[AnyArray], across: Array, mass: Array, slopes: Array, start: Array, beta: Array,
    thresholds: Array, curvature: Array, accuracy: float, limit: int, step: Array, image: Array, first: Array,
    fall: Array, threads: int,
) -> None:  # fmt: skip
    """Steps to the minima of several models, whose intercept is eliminated; arrays of shape (A, m), or (A,).

    The Hessian of each is `hessians[k]`; `across` is what the intercept takes along, `mass` its own curvature, and its
    slope `start`. `step`, which comes in as zeros, goes so far that the violation is `accuracy` times what it was, in
    `limit` sweeps at most; `image` is what the Hessian makes of it, `first` the step of the intercept, and `fall` what
    the model falls by, penalty and all.
    """
    reduced = slopes - across * start[:, None]
    slope = reduced + curvature * beta
    kink = np.maximum(np.abs(slope) - thresholds, 0.0)
    violation = np.where(beta == 0.0, kink, np.abs(slope + np.copysign(thresholds, beta)))
    image[:] = reduced
    for k, hessian in enumerate(hessians):
        goal = accuracy * float(violation[k].max(initial=0.0))
        descend(hessian, thresholds[k], curvature[k], beta[k], goal, limit, image[k], step[k])
    end = beta + step
    change = 0.5 * (step * (reduced + image) + curvature * (end**2 - beta**2)) + thresholds * (
        np.abs(end) - np.abs(beta)
    )
    fall[:] = np.maximum(0.0, 0.5 * start**2 / mass - change.sum(axis=1))
    first[:] = -start / mass - (across * step).sum(axis=1)
    image -= reduced


def correct_models(
    hessians: Sequence[AnyArray], step: Array, image: Array, change: Array, least: float, threads: int
) -> None:
    """The BFGS update of several Hessians: what sent a step (A, m) to its image sends it to this change of the slopes.

    In place; not where the step has met less than a share `least` of the curvature that was expected.
    """
    for hessian, s, y, z in zip(hessians, step, image, change, strict=True):
        expected, curved = float(s @ y), float(s @ z)
        if expected > 0.0 and curved > least * expected:
            pair = np.array([z / np.sqrt(curved), y / np.sqrt(expected)])
            add_products(hessian, pair * [[1.0], [-1.0]], pair, threads)
