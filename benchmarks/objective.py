"""The judge: a float64 objective, and the optimum of each problem to machine precision. It uses no contestant."""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.base import Problem

PANEL = 20_000


def value(problem: Problem, intercept: float, coef: np.ndarray) -> float:
    """Mean logistic loss plus ridge."""
    total = 0.0
    for start in range(0, len(problem.y), PANEL):
        rows = slice(start, start + PANEL)
        eta = problem.X[rows] @ coef + intercept
        total += float(np.logaddexp(0.0, np.where(problem.y[rows] > 0, -eta, eta)).sum())
    return total / len(problem.y) + 0.5 * problem.alpha * float(coef @ coef)


def optimum(problem: Problem) -> float:
    """The least value, by Newton's method on standardised columns, until the decrement is below rounding."""
    mean, scale = problem.X.mean(axis=0), problem.X.std(axis=0)
    n, p = problem.X.shape
    ridge = np.append(0.0, problem.alpha / scale**2)
    beta = np.zeros(p + 1)
    for _ in range(50):
        gradient, hessian = np.zeros(p + 1), np.zeros((p + 1, p + 1))
        for start in range(0, n, PANEL):
            rows = slice(start, start + PANEL)
            Z = np.ones((len(problem.y[rows]), p + 1))
            Z[:, 1:] = (problem.X[rows] - mean) / scale
            q = 1 / (1 + np.exp(-(Z @ beta)))
            gradient += Z.T @ (q - problem.y[rows])
            hessian += Z.T @ ((q * (1 - q))[:, None] * Z)
        gradient = gradient / n + ridge * beta
        step = np.linalg.solve(hessian / n + np.diag(ridge), gradient)
        beta -= step
        if gradient @ step < 1e-24:
            break
    coef = beta[1:] / scale
    return value(problem, beta[0] - mean @ coef, coef)
