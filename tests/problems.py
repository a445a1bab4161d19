"""Named problems, their generator, and an independent solver in long double."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from oddsmith.design import make_design
from oddsmith.sources import MemorySource, as_source

SOAK = bool(os.environ.get("ODDSMITH_SOAK"))


@dataclass(frozen=True)
class Problem:
    """Rows that have a unique finite maximum likelihood."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None
    offset: np.ndarray | None = None

    @property
    def source(self) -> MemorySource:
        return as_source(self.X, self.y, sample_weight=self.weight, offset=self.offset)


def generate(rows, columns, seed=0, *, scales=(1.0, 1.0), centre=0.0, weighted=False, base=-0.5, signal=1.0) -> Problem:
    """Correlated columns of different scales, whose classes overlap."""
    rng = np.random.default_rng(seed)
    mix = np.eye(columns) + 0.4 * rng.standard_normal((columns, columns)) / np.sqrt(columns)
    Z = rng.standard_normal((rows, columns)) @ mix
    eta = base + Z @ (signal * rng.standard_normal(columns) / np.sqrt(columns))
    weight = rng.integers(1, 4, rows).astype(float) if weighted else None
    offset = 0.3 * rng.standard_normal(rows) if weighted else None
    y = (rng.random(rows) < 1 / (1 + np.exp(-eta - (offset if weighted else 0.0)))).astype(int)
    scale = 10.0 ** rng.uniform(np.log10(scales[0]), np.log10(scales[1]), columns)
    return Problem(Z * scale + centre * scale * rng.uniform(-1, 1, columns), y, weight, offset)


def many_classes(rows, columns, classes, seed=0, *, unscaled=False):
    """Correlated columns, a fifth of them binary, and classes of different sizes that overlap."""
    rng = np.random.default_rng(seed)
    mix = np.eye(columns) + 0.5 * rng.standard_normal((columns, columns)) / np.sqrt(columns)
    X = rng.standard_normal((rows, columns)) @ mix
    X[:, ::5] = X[:, ::5] > 0.8
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    scores = X @ rng.standard_normal((columns, classes)) * (1.5 / np.sqrt(columns)) + np.linspace(-1, 1, classes)
    y = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    scale = 10.0 ** rng.uniform(-3, 3, columns) if unscaled else 1.0
    return X * scale + (10.0 * scale * rng.uniform(-1, 1, columns) if unscaled else 0.0), y


PROBLEMS = {
    "tiny": generate(60, 2, 1),
    "plain": generate(500, 6, 2),
    "weighted": generate(400, 5, 3, weighted=True),
    "scaled": generate(600, 8, 4, scales=(1e-4, 1e4), centre=5.0),
    "far": generate(500, 4, 5, centre=1e7),
    "rare": generate(3000, 4, 6, base=-5.0),
}


def columns_of(matrix):
    """What the coefficients multiply, as an array: codes become columns of 0 and 1."""
    design = make_design(matrix)
    return design.matvec(np.eye(design.shape[1]))


def newton_by_hand(X, y, weight=None, offset=None, alpha=0.0, intercept=True):
    """An independent reference: Newton in long double, by Gaussian elimination; alpha on raw columns."""
    X = np.asarray(X, dtype=np.longdouble)
    mean = X.mean(axis=0) if intercept else np.zeros(X.shape[1], dtype=np.longdouble)
    scale = X.std(axis=0) if intercept else np.sqrt((X**2).mean(axis=0))
    Z = (X - mean) / scale
    if intercept:
        Z = np.column_stack([np.ones(len(Z), dtype=np.longdouble), Z])
    w = np.ones(len(Z)) if weight is None else np.asarray(weight)
    o = np.zeros(len(Z)) if offset is None else np.asarray(offset)
    ridge = np.concatenate([np.zeros(int(intercept)), alpha / np.asarray(scale, dtype=np.longdouble) ** 2])
    beta = np.zeros(Z.shape[1], dtype=np.longdouble)
    for _ in range(60):
        q = 1 / (1 + np.exp(-(Z @ beta + o)))
        gradient = Z.T @ (w * (q - y)) / w.sum() + ridge * beta
        hessian = Z.T @ ((w * q * (1 - q))[:, None] * Z) / w.sum() + np.diag(ridge)
        step = _eliminate(hessian, gradient)
        beta = beta - step
        if np.abs(step).max() < 1e-17:
            break
    inverse = np.column_stack([_eliminate(hessian, column) for column in np.eye(len(beta), dtype=np.longdouble)])
    to_raw = np.eye(len(beta), dtype=np.longdouble)
    to_raw[int(intercept) :, int(intercept) :] = np.diag(1 / scale)
    if intercept:
        to_raw[0, 1:] = -mean / scale
    covariance = to_raw @ inverse @ to_raw.T / w.sum()
    return np.asarray(to_raw @ beta, dtype=float), np.sqrt(np.diag(covariance).astype(float))


def lasso_by_hand(X, y, thresholds, curvature, weight=None, offset=None, intercept=True):
    """An independent reference: the signs by proximal gradient steps, then Newton in long double on what is not 0.

    Minimises the weighted mean loss plus the sum of t_j |b_j| + c_j b_j^2 / 2 over raw columns. Returns the intercept
    and coefficients, and the value.
    """
    n, p = X.shape
    w = np.ones(n) if weight is None else weight
    w, o = w / w.sum(), np.zeros(n) if offset is None else offset
    Z = np.column_stack([np.full(n, float(intercept)), X])
    scale = np.sqrt(w @ Z**2)
    scale[scale == 0.0] = 1.0
    Z = Z / scale
    t, c = np.append(0.0, thresholds) / scale, np.append(0.0, curvature) / scale**2
    step = 1.0 / (0.25 * np.linalg.eigvalsh(Z.T @ (w[:, None] * Z))[-1] + c.max())
    b, point, momentum = np.zeros(p + 1), np.zeros(p + 1), 1.0
    for _ in range(20_000):
        gradient = Z.T @ (w * (1 / (1 + np.exp(-(Z @ point + o))) - y)) + c * point
        moved = point - step * gradient
        new = np.sign(moved) * np.maximum(np.abs(moved) - step * t, 0.0)
        if (new - b) @ (point - new) > 0:
            momentum = 1.0
        later = 0.5 * (1 + np.sqrt(1 + 4 * momentum**2))
        point, b, momentum = new + (momentum - 1) / later * (new - b), new, later
    kept = (b != 0.0) | ((t == 0.0) & (scale > 0.0) & (np.arange(p + 1) >= 1 - intercept))
    long, s = Z[:, kept].astype(np.longdouble), np.sign(b[kept])
    a = b[kept].astype(np.longdouble)
    for _ in range(20):
        q = 1 / (1 + np.exp(-(long @ a + o)))
        gradient = long.T @ (w * (q - y)) + t[kept] * s + c[kept] * a
        a = a - _eliminate(long.T @ ((w * q * (1 - q))[:, None] * long) + np.diag(c[kept]), gradient)
    eta = long @ a + o
    value = np.sum(w * (np.logaddexp(0, eta) - y * eta)) + np.sum(t[kept] * np.abs(a) + 0.5 * c[kept] * a**2)
    out = np.zeros(p + 1)
    out[kept] = (a / scale[kept]).astype(float)
    return out, float(value)


def _eliminate(matrix, vector):
    a = np.column_stack([matrix, vector]).astype(np.longdouble)
    for k in range(len(a)):
        pivot = k + int(np.argmax(np.abs(a[k:, k])))
        a[[k, pivot]] = a[[pivot, k]]
        a[k + 1 :] -= np.outer(a[k + 1 :, k] / a[k, k], a[k])
    solution = np.zeros(len(a), dtype=np.longdouble)
    for k in reversed(range(len(a))):
        solution[k] = (a[k, -1] - a[k, k + 1 : -1] @ solution[k + 1 :]) / a[k, k]
    return solution
