"""The NumPy twin of every compiled kernel of `cpp/`, by the same name: the specification, and the tests' oracle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from oddsmith import _reference_descent
from oddsmith._reference_copies import *  # noqa: F403
from oddsmith._reference_descent import *  # noqa: F403
from oddsmith._reference_models import *  # noqa: F403
from oddsmith._reference_slopes import *  # noqa: F403
from oddsmith.arrays import AnyArray, Array
from oddsmith.extended import Extended

PANEL = 4096


def logistic_rows(eta: Array, target: Array, value: Array, gradient: Array, hessian: Array) -> None:
    """Fill value, row_gradient and row_hessian of the binary cross-entropy, row by row.

    With e = exp(-|eta|): value = log1p(e) + |eta| (1 - y if eta > 0 else y), row_gradient = sigmoid(eta) - y,
    row_hessian = e / (1 + e)^2. Each form is free of overflow and of cancellation; a NaN in eta stays one.
    """
    with np.errstate(invalid="ignore", under="ignore"):
        size = np.abs(eta)
        e = np.exp(-size)
        up = eta > 0
        miss = np.where(up, 1.0 - target, target)
        near = e / (1.0 + e)
        poison = eta - eta
        value[:] = np.log1p(e) + miss * size + poison
        gradient[:] = np.where(up, miss - near, near - miss) + poison
        hessian[:] = near / (1.0 + e)


def sweep_logistic_dense(
    x: AnyArray,
    centre: Array,
    scale: Array,
    target: Array,
    weight: Array | None,
    offset: Array | None,
    beta: Array,
    gradient: Array | None,
    hessian: Array | None,
    threads: int,
) -> tuple[float, float]:
    """One pass: eta = beta_0 + z'beta + offset with z = (x - centre) / scale; sums of value, gradient and Hessian.

    Adds to `gradient` (1 + p) and `hessian` ((1 + p)^2) where they are given. Returns the value and, with a Hessian,
    the largest |(1, z)|^2 over the rows of positive weight.
    """
    value = reach = 0.0
    for rows, z in _panels(x, centre, scale):
        eta = z @ beta
        if offset is not None:
            eta += offset[rows]
        v, r, h = np.empty((3, len(eta)))
        logistic_rows(eta, target[rows], v, r, h)
        if weight is not None:
            v, r, h = v * weight[rows], r * weight[rows], h * weight[rows]
        value += float(v.sum())
        if gradient is not None:
            gradient += z.T @ r
        if hessian is not None:
            hessian += z.T @ (h[:, None] * z)
            reach = max(reach, _reach(z, None if weight is None else weight[rows]))
    return value, reach


sweep_logistic_chosen = _reference_descent.over_chosen(sweep_logistic_dense)
rough_logistic_dense = _reference_descent.rough_dense(sweep_logistic_dense)


def sweep_multinomial_dense(
    x: AnyArray,
    centre: Array,
    scale: Array,
    target: Array,
    weight: Array | None,
    contrasts: Array,
    beta: Array,
    value: Array,
    gradient: Array | None,
    hessian: Array | None,
    threads: int,
) -> float:
    """One pass of softmax: scores = (1, z)'beta' of K classes; sums of value, gradient and Hessian.

    `beta` and `gradient` (K, 1 + p) belong to the scores. `hessian` belongs to the predictors eta whose scores are
    Q eta, Q being `contrasts`, (K, K - 1) or (K, K): its blocks (0, 0), (1, 0), (1, 1), ..., each (1 + p, 1 + p).
    Adds to `value` (1,), and to `gradient` and `hessian` where they are given. Returns the reach, as
    `sweep_logistic_dense` does.
    """
    reach = 0.0
    for rows, z in _panels(x, centre, scale):
        w = np.ones(len(z)) if weight is None else weight[rows]
        scores, y, n = z @ beta.T, target[rows].astype(np.intp), np.arange(len(z))
        top = np.argmax(scores, axis=1)
        with np.errstate(invalid="ignore", under="ignore"):
            shifted = scores - scores[n, top][:, None]
            q = np.exp(shifted)
            others = np.where(np.arange(len(beta)) == top[:, None], 0.0, q).sum(axis=1)
            value += w @ (np.log1p(others) - shifted[n, y])
            q /= (1.0 + others)[:, None]
            r = q.copy()
            r[n, y] = 0.0
            r[n, y] = -r.sum(axis=1)  # q_y - 1, without cancellation
        if gradient is not None:
            gradient += (w[:, None] * r).T @ z
        if hessian is not None:
            root = np.sqrt(q)[:, :, None] * (contrasts - (q @ contrasts)[:, None, :])
            pairs = [(j, k) for j in range(contrasts.shape[1]) for k in range(j + 1)]
            for block, (j, k) in zip(hessian, pairs, strict=True):
                block += z.T @ ((w * np.einsum("nc,nc->n", root[:, :, j], root[:, :, k]))[:, None] * z)
            reach = max(reach, _reach(z, w))
    return reach


def sweep_one_vs_rest_dense(
    x: AnyArray,
    centre: Array,
    scale: Array,
    target: Array,
    weight: Array | None,
    offset: Array | None,
    chosen: Array,
    beta: Array,
    value: Array,
    gradient: Array | None,
    hessian: Array | None,
    threads: int,
) -> float:
    """One pass of several logistic losses: of each class in `chosen` (A,) against all others, with its row of `beta`.

    Adds to `value` (A,), `gradient` (A, 1 + p) and `hessian` (A, 1 + p, 1 + p) what `sweep_logistic_dense` would for
    each, and returns the reach.
    """
    reach = 0.0
    for k, label in enumerate(chosen):
        g, h = (None if out is None else out[k] for out in (gradient, hessian))
        own = (target == label).astype(np.float64)
        one, reach = sweep_logistic_dense(x, centre, scale, own, weight, offset, beta[k], g, h, threads)
        value[k] += one
    return reach


def _panels(x: AnyArray, centre: Array, scale: Array) -> Iterator[tuple[slice, Array]]:
    """Z = [1, (x - centre) / scale], some rows at a time."""
    for start in range(0, len(x), PANEL):
        rows = slice(start, start + PANEL)
        z = np.ones((len(x[rows]), 1 + x.shape[1]))
        z[:, 1:] = (x[rows].astype(np.float64) - centre) / scale
        yield rows, z


def _reach(z: Array, weight: Array | None) -> float:
    """The largest |z_i|^2 over the rows of positive weight."""
    counted = z if weight is None else z[weight > 0]
    return float(np.einsum("ij,ij->i", counted, counted).max(initial=0.0))


def newton_logistic_dense(
    x: AnyArray,
    centre: Array,
    scale: Array,
    target: Array,
    weight: Array | None,
    offset: Array | None,
    curvature: Array,
    intercept: bool,
    total: float,
    goal: float,
    least: float,
    beta: Array,
    trace: Array,
    gradient: Array,
    hessian: Array,
    threads: int,
) -> tuple[int, int, float, float]:
    """Newton's method on the weighted mean loss plus sum_j curvature_j b_j^2 / 2; `beta` is moved near the optimum.

    Ends with the step that begins at a decrement below goal, relative to the value; or before that where the Hessian is
    near singular, no step descends, the value falls below `least`, or there have been as many passes as `trace` has
    rows. These are filled with passes, value, decrement, and the length of the step that led there. One pass more sees
    the loss alone at the end. Returns how many rows were filled, the number of passes, and what that pass returned.
    """
    size = len(beta)

    def evaluate(b: Array) -> tuple[float, Array, Array]:
        g, h = np.zeros(size), np.zeros((size, size))
        value, _ = sweep_logistic_dense(x, centre, scale, target, weight, offset, b, g, h, threads)
        g, h = g / total + curvature * b, h / total + np.diag(curvature)
        if not intercept:
            g[0], h[0], h[:, 0], h[0, 0] = 0.0, 0.0, 0.0, 1.0
        return value / total + 0.5 * float(curvature @ (b * b)), g, h

    value, g, h = evaluate(beta)
    passes, lines, length = 1, 0, 1.0
    while passes < len(trace) and value > least:
        diagonal = np.sqrt(np.maximum(np.diagonal(h), 0.0))
        if not (diagonal > 0.0).all() or np.linalg.eigvalsh(h / diagonal / diagonal[:, None])[0] < 1e-8:
            break
        direction = -np.linalg.solve(h / diagonal / diagonal[:, None], g / diagonal) / diagonal
        decrement = -0.5 * float(g @ direction)
        if not np.isfinite(decrement):
            break
        trace[lines] = passes, value, decrement, length
        lines += 1
        if decrement <= goal * abs(value):
            beta += direction
            break
        for length in 0.5 ** np.arange(11.0):
            new = evaluate(beta + length * direction)
            passes += 1
            descends = new[0] <= value - 2e-4 * length * decrement + 1e-14 * abs(value)
            if descends or passes >= len(trace):
                break
        if not descends or (length < 1.0 and passes >= len(trace)):
            break
        passes += length < 1.0  # the compiled twin forms the Hessian of a shortened step once it is chosen
        beta += length * direction
        value, g, h = new
    end = sweep_logistic_dense(x, centre, scale, target, weight, offset, beta, gradient, hessian, threads)
    return lines, passes + 1, *end


def sweep_logistic_sparse(
    data: AnyArray,
    columns: AnyArray,
    begin: AnyArray,
    centre: Array,
    scale: Array,
    target: Array,
    weight: Array | None,
    offset: Array | None,
    beta: Array,
    gradient: Array | None,
    hessian: Array | None,
    threads: int,
) -> tuple[float, float]:
    """The same pass over rows in compressed form (CSR); panels of them are made dense.

    `columns[begin[i]:begin[i + 1]]` are those of row i, ascending, none twice; `begin[0]` need not be 0.
    """
    value = reach = 0.0
    for start in range(0, len(begin) - 1, PANEL):
        rows = slice(start, start + PANEL)
        x = _made_dense(data, columns, begin[start : start + PANEL + 1], len(centre))
        w, o = (None if v is None else v[rows] for v in (weight, offset))
        part = sweep_logistic_dense(x, centre, scale, target[rows], w, o, beta, gradient, hessian, threads)
        value, reach = value + part[0], max(reach, part[1])
    return value, reach


rough_logistic_sparse = _reference_descent.rough_sparse(sweep_logistic_sparse)


def gram_sparse(
    data: AnyArray, columns: AnyArray, begin: AnyArray, place: AnyArray, h: Array, out: Array, threads: int
) -> None:
    """Add X' diag(h) X to the upper triangle of `out`, for the columns j with place[j] >= 0: there they stand.

    place, of int64, ascends over these columns.
    """
    kept = np.flatnonzero(place >= 0)
    for start in range(0, len(begin) - 1, PANEL):
        x = _made_dense(data, columns, begin[start : start + PANEL + 1], len(place))[:, kept]
        out[np.ix_(place[kept], place[kept])] += np.triu(x.T @ (h[start : start + PANEL, None] * x))


def _made_dense(data: AnyArray, columns: AnyArray, begin: AnyArray, width: int) -> Array:
    x = np.zeros((len(begin) - 1, width))
    stored = slice(begin[0], begin[-1])
    x[np.repeat(np.arange(len(x)), np.diff(begin)), columns[stored]] = data[stored]
    return x


def sweep_logistic_codes(
    numbers: Array,
    places: AnyArray,
    codes: AnyArray,
    centre: Array,
    scale: Array,
    target: Array,
    weight: Array | None,
    offset: Array | None,
    beta: Array,
    gradient: Array | None,
    hessian: Array | None,
    threads: int,
) -> tuple[float, float]:
    """As `sweep_logistic_dense`, on columns of which `numbers` (n, d) are those at `places`; the others are 0 and 1.

    Row i has a 1 in the columns codes[k, i], one for each category k, unless that is -1.
    """
    value = reach = 0.0
    for rows, x in _one_hot(numbers, places, codes, len(centre)):
        w, o = (None if v is None else v[rows] for v in (weight, offset))
        found = sweep_logistic_dense(x, centre, scale, target[rows], w, o, beta, gradient, hessian, threads)
        value, reach = value + found[0], max(reach, found[1])
    return value, reach


def gram_codes(
    numbers: Array,
    places: AnyArray,
    codes: AnyArray,
    centre: Array,
    scale: Array,
    h: Array,
    gram: Array,
    threads: int,
) -> None:
    """Fill [1, Z]' diag(h) [1, Z], of shape (1 + p, 1 + p), for the columns of `sweep_logistic_codes`."""
    for rows, x in _one_hot(numbers, places, codes, len(centre)):
        z = np.ones((len(x), 1 + len(centre)))
        z[:, 1:] = (x - centre) / scale
        gram += z.T @ (h[rows, None] * z)


def _one_hot(numbers: Array, places: AnyArray, codes: AnyArray, columns: int) -> Iterator[tuple[slice, Array]]:
    for start in range(0, len(numbers), PANEL):
        rows = slice(start, start + PANEL)
        x = np.zeros((len(numbers[rows]), columns + 1))  # the last column is where -1 points to
        for code in codes[:, rows]:
            x[np.arange(len(x)), code] = 1.0
        x[:, places] = numbers[rows]
        yield rows, x[:, :-1]


def moments_dense(x: AnyArray, weight: Array | None, mean: Array, deviation: Array, threads: int) -> float:
    """Fill the weighted mean and sum of squared deviations of each column; return the sum of weights.

    All is shifted by the first row that has a weight, and panels are merged by the update of Chan, Golub and LeVeque
    (1983), so that large means cost no digits.
    """
    shift = x[0 if weight is None else int(np.argmax(weight > 0))].astype(np.float64)
    seen = 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, len(x), PANEL):
            z = x[start : start + PANEL] - shift
            w = np.ones(len(z)) if weight is None else weight[start : start + PANEL]
            total = float(w.sum())
            if total == 0.0:
                deviation += w @ z**2  # counts for nothing, but must not hide a NaN
                continue
            centre = w @ z / total
            gap = centre - mean
            deviation += w @ (z - centre) ** 2 + gap**2 * (seen * total / (seen + total))
            mean += gap * (total / (seen + total))
            seen += total
    mean += shift
    return seen


def moments_sparse(
    data: AnyArray, columns: AnyArray, begin: AnyArray, weight: Array | None, mean: Array, deviation: Array,
    threads: int,
) -> float:  # fmt: skip
    """The same over rows in compressed form (CSR), what is not stored counted as zero."""
    rows, p = len(begin) - 1, len(mean)
    stored = slice(begin[0], begin[-1])
    column, x = columns[stored], data[stored].astype(np.float64)
    w = np.ones(rows) if weight is None else weight
    total = float(np.cumsum(w)[-1])
    first = 0 if weight is None else int(np.argmax(weight > 0))
    shift = _made_dense(data, columns, begin[first : first + 2], p)[0]
    each = np.repeat(w, np.diff(begin))
    missing = total - np.bincount(column, each, p)  # summed row by row, as the total: exactly 0 where all are stored
    with np.errstate(invalid="ignore", over="ignore"):
        d = x - shift[column]
        gap = (np.bincount(column, each * d, p) - missing * shift) / (total or np.inf)
        mean += shift + gap
        deviation += np.bincount(column, each * d**2, p) + missing * shift**2 - gap**2 * total
    return total


def exact_scores_dense(x: AnyArray, hi: Array, lo: Array, out_hi: Array, out_lo: Array, threads: int) -> None:
    """Add x b to out, both in double-double."""
    out = Extended(out_hi, out_lo)
    for column, b in zip(x.T.astype(np.float64), map(Extended, hi, lo), strict=True):
        out = out + b * column[:, None]
    out_hi[:], out_lo[:] = out.hi, out.lo


def exact_slopes_dense(x: AnyArray, hi: Array, lo: Array, out_hi: Array, out_lo: Array, threads: int) -> None:
    """Add r'x to out, all in double-double."""
    for j, column in enumerate(x.T.astype(np.float64)):
        out = Extended(out_hi[:, j], out_lo[:, j]) + (Extended(hi, lo) * column[:, None]).sum()
        out_hi[:, j], out_lo[:, j] = out.hi, out.lo


def simd_level() -> int:
    """The x86-64 level of the vector instructions that the kernels chose here: 4, 3 or 1; 0 as they choose none."""
    return 0
