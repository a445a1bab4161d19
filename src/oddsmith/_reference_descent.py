"""The NumPy twins of what only penalties that set coefficients to zero need.

Of `cpp/descent.hpp`; and the passes over some columns, and for a Hessian alone, from those over all that there is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oddsmith.arrays import AnyArray, Array

__all__ = ["add_products", "descend"]

Sweep = Callable[..., tuple[float, float]]
DEPTH = 5  # changes of a step that are combined


def descend(
    hessian: AnyArray,
    thresholds: Array,
    curvature: Array,
    start: Array,
    target: float,
    limit: int,
    gradient: Array,
    step: Array,
) -> int:
    """Coordinate descent on g'd + d'Hd / 2 + sum of t_j |b_j + d_j| + c_j (b_j + d_j)^2 / 2, b being `start`.

    Begins at d = `step`, where the gradient of the quadratic is `gradient`; both are carried along. All coefficients
    are swept, then those that are not 0 until their largest violation is at most `target`, then all again, until a
    sweep over all of them has found nothing larger. After every six sweeps over the same ones both are extrapolated
    (Bertrand and Massias, 2021, *Anderson acceleration of coordinate descent*): the weights add up to 1, and the last
    changes of the steps cancel best. Returns how many sweeps were made, at most `limit`.
    """

    def sweep(chosen: AnyArray) -> float:
        worst = 0.0
        for j in chosen:
            b, bend = start[j] + step[j], hessian[j, j] + curvature[j]
            slope = gradient[j] + curvature[j] * b
            size = abs(slope + np.copysign(thresholds[j], b)) if b != 0.0 else max(abs(slope) - thresholds[j], 0.0)
            worst = max(worst, float(size))
            if size == 0.0 or not bend > 0.0:
                continue
            free = bend * b - slope
            new = np.copysign(max(abs(free) - thresholds[j], 0.0) / bend, free)
            np.add(gradient, hessian[j] * (new - b), out=gradient)
            step[j] = new - start[j]
        return worst

    sweeps, everything = 0, np.arange(len(start))
    while sweeps < limit:
        sweeps += 1
        if sweep(everything) <= target:
            break
        active, seen = np.flatnonzero(start + step != 0.0), []
        while sweeps < limit:
            sweeps += 1
            if sweep(active) <= target:
                break
            seen.append((step.copy(), gradient.copy()))
            if len(seen) > DEPTH:
                if len(active) > DEPTH:
                    _extrapolate(seen, active, thresholds, curvature, start)
                    step[:], gradient[:] = seen[-1]
                seen = []
    return sweeps


def _extrapolate(
    seen: list[tuple[Array, Array]], active: AnyArray, thresholds: Array, curvature: Array, start: Array
) -> None:
    """Put the combination of some steps, and its gradient, in place of the last, if the objective is less there."""
    steps, gradients = (np.array(each) for each in zip(*seen, strict=True))
    changes = np.diff(steps[:, active], axis=0)
    products = changes @ changes.T
    lifted = products + 1e-10 * np.trace(products) * np.eye(DEPTH)
    if not np.isfinite(lifted).all() or not np.linalg.eigvalsh(lifted)[0] > 0.0:
        return
    weights = np.linalg.solve(lifted, np.ones(DEPTH))
    weights /= weights.sum()
    step, end = steps[-1], steps[-1].copy()
    end[active] = weights @ steps[1:, active]
    slope = weights @ gradients[1:]
    before, after = start + step, start + end
    change = 0.5 * (end - step) @ (gradients[-1] + slope) + 0.5 * curvature @ (after**2 - before**2)
    if change + thresholds @ (np.abs(after) - np.abs(before)) < 0.0:
        seen[-1] = end, slope


def add_products(hessian: AnyArray, left: Array, right: Array, threads: int) -> None:
    """Adds left'right to `hessian` (m, m), in its own precision; left and right have few rows of length m."""
    kind = hessian.dtype
    hessian += left.T.astype(kind) @ right.astype(kind)


def over_chosen(sweep: Sweep) -> Sweep:
    """The pass over some columns of x, from that over all."""

    def sweep_logistic_chosen(
        x: AnyArray, columns: AnyArray, centre: Array, scale: Array, target: Array, weight: Array | None,
        offset: Array | None, beta: Array, gradient: Array | None, hessian: Array | None, threads: int,
    ) -> tuple[float, float]:  # fmt: skip
        """The same over some columns of x."""
        return sweep(x[:, columns], centre, scale, target, weight, offset, beta, gradient, hessian, threads)

    return sweep_logistic_chosen


def rough_dense(sweep: Sweep) -> Callable[..., None]:
    """The Hessian alone, from the pass that forms it."""

    def rough_logistic_dense(
        x: AnyArray, centre: Array, scale: Array, target: Array, weight: Array | None, offset: Array | None,
        beta: Array, known: int, hessian: AnyArray, threads: int,
    ) -> None:  # fmt: skip
        """Fill the Hessian, in single precision, but for its first `known` rows and columns."""
        whole = np.zeros(hessian.shape)
        sweep(x, centre, scale, target, weight, offset, beta, np.zeros(len(beta)), whole, threads)
        hessian[known:], hessian[:, known:] = whole[known:], whole[:, known:]

    return rough_logistic_dense


def rough_sparse(sweep: Sweep) -> Callable[..., None]:
    """The same over compressed rows."""

    def rough_logistic_sparse(
        data: AnyArray, columns: AnyArray, begin: AnyArray, centre: Array, scale: Array, target: Array,
        weight: Array | None, offset: Array | None, beta: Array, known: int, hessian: AnyArray, threads: int,
    ) -> None:  # fmt: skip
        """The same over rows in compressed form."""
        whole, rows = np.zeros(hessian.shape), (data, columns, begin)
        sweep(*rows, centre, scale, target, weight, offset, beta, np.zeros(len(beta)), whole, threads)
        hessian[known:], hessian[:, known:] = whole[known:], whole[:, known:]

    return rough_logistic_sparse
