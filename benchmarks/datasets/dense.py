"""Many rows of a dense matrix, two classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.datasets import load_breast_cancer

from benchmarks.datasets.base import Problem, correlated, split

HELD_OUT = 20_000


def tall() -> Problem:
    """A million rows, fifty columns: 400 MB."""
    return split("n=1 000 000 p=50, L2", *correlated(1_000_000 + HELD_OUT, 50, seed=1), 1e-4, HELD_OUT)


def tall_float32() -> Problem:
    """The same in float32."""
    problem = tall()
    X, held_out = problem.X.astype(np.float32), problem.held_out[0].astype(np.float32)
    return replace(problem, title="the same in float32", X=X, held_out=(held_out, problem.held_out[1]))


def wide() -> Problem:
    """A hundred thousand rows, three hundred columns: 240 MB."""
    return split("n=100 000 p=300, L2", *correlated(100_000 + HELD_OUT, 300, seed=3), 1e-4, HELD_OUT)


def unpenalised() -> Problem:
    """Half a million rows, thirty columns, maximum likelihood with standard errors."""
    X, y = correlated(500_000 + HELD_OUT, 30, seed=2)
    return split("n=500 000 p=30, no penalty, standard errors", X, y, 0.0, HELD_OUT, inference=True)


def breast_cancer() -> Problem:
    """Real data, standardised, C=1."""
    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return split("breast cancer, n=455 p=30, L2", X[order], y[order], 1 / 455, 114)
