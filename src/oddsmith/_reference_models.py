"""The NumPy twins of `cpp/models.hpp`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oddsmith._reference_descent import add_products, descend
from oddsmith.arrays import AnyArray, Array

__all__ = ["correct_models", "model_steps", "reduced_hessian"]


def reduced_hessian(
    parts: AnyArray, chosen: AnyArray, within: AnyArray, share: float, across: Array, border: Array, out: AnyArray
) -> None:
    """Fills `out` (m, m), for the m places `within`: share times the sum of some of `parts`, less across border'."""
    kind = out.dtype
    out[:] = parts[chosen][:, within][:, :, within].sum(axis=0)
    out *= kind.type(share)
    out -= np.multiply.outer(across[within].astype(kind), border[within].astype(kind))


def model_steps(
    hessians: Sequence[AnyArray], within: Sequence[AnyArray], across: Array, mass: Array, slopes: Array, start: Array,
    beta: Array, thresholds: Array, curvature: Array, accuracy: float, limit: int, step: Array, image: Array,
    first: Array, fall: Array, threads: int,
) -> None:  # fmt: skip
    """Steps to the minima of several models, whose intercept is eliminated; arrays of shape (A, k), or (A,).

    Problem a works on the columns `within[a]`, and `hessians[a]` is the Hessian among these; `across` is what the
    intercept takes along, `mass` its own curvature, and its slope `start`. `step`, which comes in as zeros as `image`
    does, goes so far that the violation is `accuracy` times what it was, in `limit` sweeps at most; `image` is what the
    Hessian makes of it, `first` the step of the intercept, and `fall` what the model falls by, penalty and all.
    """
    for k, (hessian, places) in enumerate(zip(hessians, within, strict=True)):
        b, t, c, around = beta[k, places], thresholds[k, places], curvature[k, places], across[k, places]
        before = slopes[k, places] - around * start[k]
        slope = before + c * b
        violation = np.where(b == 0.0, np.maximum(np.abs(slope) - t, 0.0), np.abs(slope + np.copysign(t, b)))
        after, own = before.copy(), np.zeros(len(places))
        descend(hessian, t, c, b, accuracy * float(violation.max(initial=0.0)), limit, after, own)
        end = b + own
        change = 0.5 * (own * (before + after) + c * (end**2 - b**2)) + t * (np.abs(end) - np.abs(b))
        fall[k] = max(0.0, 0.5 * start[k] ** 2 / mass[k] - change.sum())
        first[k] = -start[k] / mass[k] - around @ own
        step[k, places], image[k, places] = own, after - before


def correct_models(
    hessians: Sequence[AnyArray], within: Sequence[AnyArray], step: Array, image: Array, change: Array, least: float,
    threads: int,
) -> None:  # fmt: skip
    """The BFGS update of several Hessians: what sent a step (A, k) to its image sends it to this change of the slopes.

    In place; not where the step has met less than a share `least` of the curvature that was expected.
    """
    for k, (hessian, places) in enumerate(zip(hessians, within, strict=True)):
        s, y, z = step[k, places], image[k, places], change[k, places]
        expected, curved = float(s @ y), float(s @ z)
        if expected > 0.0 and curved > least * expected:
            pair = np.array([z / np.sqrt(curved), y / np.sqrt(expected)])
            add_products(hessian, pair * [[1.0], [-1.0]], pair, threads)
