"""The judge: a float64 objective, and the optimum of each problem to machine precision. It uses no contestant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import logsumexp

from benchmarks import lasso
from benchmarks.datasets.base import Problem

PANEL = 20_000
DONE = 1e-24  # of the Newton decrement, relative to the value


def matrix(X: Any) -> Any:
    """X as numbers: of a frame its numbers, then a column of 0 and 1 for each level."""
    if not hasattr(X, "iloc"):
        return X
    parts = []
    for name in X.columns:
        column = X[name]
        if column.dtype == "category":
            codes = column.cat.codes.to_numpy()
            entries = (np.ones(len(codes)), codes, np.arange(len(codes) + 1))
            parts.append(sp.csr_matrix(entries, shape=(len(codes), len(column.cat.categories))))
        else:
            parts.append(sp.csr_matrix(column.to_numpy()[:, None]))
    return sp.hstack(parts, format="csr")


def value(problem: Problem, intercept: np.ndarray, coef: np.ndarray) -> float:
    """Mean loss plus penalty. coef has a row for each output: one, or K of K classes."""
    penalty = 0.5 * problem.alpha * float((coef**2).sum()) + problem.l1 * float(np.abs(coef).sum())
    return loss(problem, problem.X, problem.y, intercept, coef) + penalty


def loss(problem: Problem, X: Any, y: np.ndarray, intercept: np.ndarray, coef: np.ndarray) -> float:
    """Mean loss on some rows; of one-vs-rest, summed over the classes."""
    total, X = 0.0, matrix(X)
    for rows in panels(len(y)):
        scores = X[rows] @ coef.T + intercept
        total += float(_row_losses(problem.task, scores, y[rows]).sum())
    return total / len(y)


def optimum(problem: Problem) -> float:
    """The least value, by Newton's method on columns of one scale, until the decrement is below rounding."""
    if problem.l1:
        return lasso.optimum(problem)
    X = matrix(problem.X)
    outputs = 1 if problem.task == "binary" else int(problem.y.max()) + 1
    if sp.issparse(X):
        scale = np.sqrt(np.asarray(X.multiply(X).mean(axis=0)).ravel())
        mean, scale = np.zeros(X.shape[1]), np.where(scale > 0.0, scale, 1.0)
    else:
        mean, scale = X.mean(axis=0, dtype=float), X.std(axis=0, dtype=float)
    ridge = np.append(0.0, problem.alpha / scale**2)
    beta = np.zeros((outputs, X.shape[1] + 1))
    for _ in range(60):
        gradient, solve = _system(problem, X, mean, scale, beta, ridge)
        step = solve(gradient)
        beta -= step
        if float((gradient * step).sum()) < DONE:
            break
    coef = beta[:, 1:] / scale
    return value(problem, beta[:, 0] - coef @ mean, coef)


def panels(rows: int) -> Iterator[slice]:
    """Rows that fit into cache."""
    return (slice(start, min(rows, start + PANEL)) for start in range(0, rows, PANEL))


def _row_losses(task: str, scores: np.ndarray, y: np.ndarray) -> np.ndarray:
    if task == "multinomial":
        return logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]
    sign = np.where(_targets(task, y, scores.shape[1]), -1.0, 1.0)
    return np.logaddexp(0.0, sign * scores).sum(axis=1)


def _targets(task: str, y: np.ndarray, outputs: int) -> np.ndarray:
    """Whether each output's class is a row's; a column for each."""
    return (y == 1)[:, None] if task == "binary" else y[:, None] == np.arange(outputs)


def _means(task: str, scores: np.ndarray) -> np.ndarray:
    if task == "multinomial":
        return np.exp(scores - logsumexp(scores, axis=1)[:, None])
    return 0.5 * (1.0 + np.tanh(0.5 * scores))


def _system(problem: Problem, X: Any, mean: np.ndarray, scale: np.ndarray, beta: np.ndarray, ridge: np.ndarray) -> Any:
    """The gradient at beta, and what solves with the Hessian there."""
    n, outputs, width = len(problem.y), *beta.shape
    if sp.issparse(X):
        return _sparse_system(problem, X, scale, beta, ridge)
    gradient = np.zeros_like(beta)
    hessian = np.zeros((outputs, width, outputs, width))
    for rows in panels(n):
        Z = np.ones((rows.stop - rows.start, width))
        Z[:, 1:] = (X[rows] - mean) / scale
        q = _means(problem.task, Z @ beta.T)
        gradient += (q - _targets(problem.task, problem.y[rows], outputs)).T @ Z
        for j in range(outputs):
            for k in range(j + 1):
                if problem.task == "multinomial" or j == k:
                    weight = q[:, j] * ((j == k) - q[:, k]) / n
                    hessian[j, :, k] += Z.T @ (weight[:, None] * Z)
    for j in range(outputs):
        hessian[j, :, j] += np.diag(ridge)
        for k in range(j):
            hessian[k, :, j] = hessian[j, :, k].T
    flat = hessian.reshape(outputs * width, outputs * width)
    gradient = gradient / n + ridge * beta
    # softmax: the intercepts of all classes may move together, which the least-squares solution does not
    return gradient, lambda g: np.linalg.lstsq(flat, g.ravel(), rcond=1e-13)[0].reshape(beta.shape)


def _sparse_system(problem: Problem, X: Any, scale: np.ndarray, beta: np.ndarray, ridge: np.ndarray) -> Any:
    """Two classes, by conjugate gradient on a diagonal."""
    n = len(problem.y)

    def scores(b: np.ndarray) -> np.ndarray:
        return X @ (b[1:] / scale) + b[0]

    def adjoint(r: np.ndarray) -> np.ndarray:
        return np.append(r.sum(), (X.T @ r) / scale)

    q = _means("binary", scores(beta[0]))
    gradient = adjoint(q - problem.y)[None] / n + ridge * beta
    h = q * (1.0 - q) / n
    diagonal = np.append(h.sum(), (X.multiply(X).T @ h) / scale**2) + ridge

    def solve(g: np.ndarray) -> np.ndarray:
        x, r = np.zeros(g.shape[1]), g[0].copy()
        z = r / diagonal
        d, rz = z.copy(), float(r @ z)
        first = rz
        for _ in range(500):
            if rz <= 1e-8 * first or rz < 0.01 * DONE:
                break
            Hd = adjoint(h * scores(d)) + ridge * d
            t = rz / float(d @ Hd)
            x, r = x + t * d, r - t * Hd
            z = r / diagonal
            rz, last = float(r @ z), rz
            d = z + (rz / last) * d
        return x[None]

    return gradient, solve
