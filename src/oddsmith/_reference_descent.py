"""The NumPy twins of what only penalties that set coefficients to zero need.

They are those of `cpp/descent.hpp`, `cpp/gather.hpp` and `cpp/select.hpp`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oddsmith.arrays import AnyArray, Array

Sweep = Callable[..., tuple[float, float]]


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
    sweep over all of them has found nothing larger. Returns how many sweeps were made, at most `limit`.
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
        active = np.flatnonzero(start + step != 0.0)
        while sweeps < limit:
            sweeps += 1
            if sweep(active) <= target:
                break
    return sweeps


def add_products(hessian: AnyArray, left: Array, right: Array, threads: int) -> None:
    """Adds left'right to `hessian` (m, m), in its own precision; left and right have few rows of length m."""
    kind = hessian.dtype
    hessian += left.T.astype(kind) @ right.astype(kind)


def gather_dense(x: AnyArray, columns: AnyArray, out: AnyArray, threads: int) -> None:
    """Fills `out` (k, n) with the columns named."""
    out[:] = x[:, columns].T


def standardise_dense(
    x: AnyArray, columns: AnyArray, centre: Array, scale: Array, taken: AnyArray, z: Array | None, single: AnyArray,
    at: int, threads: int,
) -> None:  # fmt: skip
    """Fills `single` (k, n), and `z` if it is given, from place `at` on: (x - centre) / scale of some columns and rows."""
    own = ((x[taken][:, columns].astype(float) - centre[columns]) / scale[columns]).T
    single[:, at : at + len(taken)] = own
    if z is not None:
        z[:, at : at + len(taken)] = own


def count_sparse(columns: AnyArray, begin: AnyArray, place: AnyArray, counts: AnyArray, threads: int) -> None:
    """Fill `counts`: how many entries of each row are in a column whose `place` is not -1."""
    kept = np.append(0, np.cumsum(place[columns] >= 0))
    counts[:] = kept[begin[1:]] - kept[begin[:-1]]


def select_sparse(
    data: AnyArray,
    columns: AnyArray,
    begin: AnyArray,
    place: AnyArray,
    new_begin: AnyArray,
    new_columns: AnyArray,
    new_data: AnyArray,
    threads: int,
) -> None:
    """Fill `new_columns` (their places, ascending in each row) and `new_data` with those entries."""
    stored = np.arange(begin[0], begin[-1])
    kept = stored[place[columns[stored]] >= 0]
    row = np.repeat(np.arange(len(begin) - 1), np.diff(begin))[kept - begin[0]]
    order = np.lexsort((place[columns[kept]], row))
    new_columns[:] = place[columns[kept]][order]
    new_data[:] = data[kept][order]


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
