"""The judge of problems with an L1 penalty, or an elastic net: their optimum, by steps that no contestant makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.datasets.base import Problem

DONE = 1e-15  # of the value: what a step may still gain
MOST = 500  # columns taken in at a time


def optimum(problem: Problem) -> float:
    """The least value: Newton's steps on an active set, each a lasso of a Gram matrix, until no column violates."""
    X, y, n = problem.X, problem.y.astype(float), len(problem.y)
    kept, b, b0, last = np.zeros(0, dtype=int), np.zeros(0), float(np.log(y.mean() / (1 - y.mean()))), np.inf
    while True:
        eta = b0 + (X[:, kept] @ b if len(kept) else np.zeros(n))
        q = 1.0 / (1.0 + np.exp(-eta))
        slope = X.T @ (q - y) / n
        beyond = np.abs(slope) - problem.l1
        beyond[kept] = 0.0
        fresh = np.argsort(-beyond)[:MOST]
        fresh = fresh[beyond[fresh] > 1e-12 * problem.l1]
        value = float((np.logaddexp(0.0, eta) - y * eta).mean() + _penalty(problem, b))
        if not len(fresh) and last - value <= DONE * value:
            return min(value, last)
        kept, b, last = np.append(kept, fresh), np.append(b, np.zeros(len(fresh))), value
        Z = X[:, kept]
        Z = np.asarray(Z.todense()) if sp.issparse(Z) and len(kept) * n < 1 << 27 else Z
        b0, b = _step(Z, problem, q, b0, b)


def _penalty(problem: Problem, b: np.ndarray) -> float:
    return problem.l1 * float(np.abs(b).sum()) + 0.5 * problem.alpha * float(b @ b)


def _step(Z: Any, problem: Problem, q: np.ndarray, b0: float, b: np.ndarray) -> tuple[float, np.ndarray]:
    """The minimum of the quadratic model, by coordinate descent, and the best point on the way there."""
    y, l1, n, h = problem.y, problem.l1, len(problem.y), q * (1.0 - q)
    weighted = Z.multiply(h[:, None]).tocsr() if sp.issparse(Z) else Z * h[:, None]
    gram, border = Z.T @ weighted / n, np.asarray(Z.T @ h).ravel() / n
    gram = np.asarray(gram.todense()) if sp.issparse(gram) else gram
    total, first = h.mean(), float((q - y).mean())
    gram -= np.outer(border, border) / total
    gram[np.diag_indices(len(b))] += problem.alpha
    g = np.asarray(Z.T @ (q - y)).ravel() / n - border * first / total + problem.alpha * b
    d = np.zeros(len(b))
    for sweep in range(2000):
        worst = 0.0
        for j in range(len(b)) if sweep % 10 == 0 else np.flatnonzero(b + d):
            bend, at = gram[j, j] + 1e-14, b[j] + d[j]
            free = bend * at - g[j]
            new = np.sign(free) * max(abs(free) - l1, 0.0) / bend
            if new != at:
                g += gram[j] * (new - at)
                worst = max(worst, bend * (new - at) ** 2)
                d[j] += new - at
        if worst < 1e-22 and sweep % 10 == 0:
            break
    d0 = -(first + border @ d) / total
    move = d0 + Z @ d
    eta = b0 + Z @ b

    def value(t: float) -> float:
        return float((np.logaddexp(0.0, eta + t * move) - y * (eta + t * move)).mean() + _penalty(problem, b + t * d))

    t = min((2.0**-k for k in range(12)), key=value)
    return b0 + t * d0, b + t * d
