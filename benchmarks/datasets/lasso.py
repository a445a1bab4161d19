"""An L1 penalty that keeps few columns: wide, tall, and sparse rows."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from benchmarks.datasets.base import Problem, columns, split

HELD_OUT = 2_000


def largest(X: np.ndarray, y: np.ndarray) -> float:
    """The l1 from which on all coefficients are 0."""
    return float(np.abs(X.T @ (y - y.mean())).max()) / len(y)


def drawn(X: np.ndarray, kept: int, signal: float, rng: np.random.Generator) -> np.ndarray:
    """Labels that depend on so many of the columns."""
    coef = np.zeros(X.shape[1])
    coef[rng.choice(X.shape[1], kept, replace=False)] = rng.standard_normal(kept)
    eta = X @ coef
    return (rng.random(len(eta)) < 1 / (1 + np.exp(-signal * eta / eta.std()))).astype(np.int64)


def lasso_wide() -> Problem:
    """Two thousand rows, ten thousand columns with sixty common factors."""
    rng = np.random.default_rng(11)
    rows = 2_000 + HELD_OUT
    X = rng.standard_normal((rows, 60)) @ rng.standard_normal((60, 10_000)) / np.sqrt(60)
    X += rng.standard_normal(X.shape)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = drawn(X, 100, 3.0, rng)
    l1 = 0.05 * largest(X[:-HELD_OUT], y[:-HELD_OUT])
    return split("n=2 000 p=10 000, L1 at 0.05 of the largest", X, y, 0.0, HELD_OUT, l1=l1)


def lasso_tall() -> Problem:
    """Two hundred thousand rows, two hundred correlated columns."""
    rng = np.random.default_rng(12)
    X = columns(200_000 + HELD_OUT, 200, rng)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    y = drawn(X, 60, 1.5, rng)
    l1 = 0.05 * largest(X[:-HELD_OUT], y[:-HELD_OUT])
    return split("n=200 000 p=200, L1 at 0.05 of the largest", X, y, 0.0, HELD_OUT, l1=l1)


def lasso_sparse(rows: int = 200_000, count: int = 100_000, each: int = 50) -> Problem:
    """Rows like texts: about fifty entries, frequencies that fall like 1 / j, weighted by rarity, of length 1."""
    rng = np.random.default_rng(13)
    total = rows + HELD_OUT
    rank = np.exp(rng.random(total * each) * np.log(count)).astype(np.int64) - 1
    column = rng.permutation(count)[np.minimum(rank, count - 1)]
    X = sp.csr_matrix((np.ones(total * each), (np.repeat(np.arange(total), each), column)), shape=(total, count))
    X.sum_duplicates()
    rarity = 1 + np.log(total / np.maximum(1, np.bincount(X.indices, minlength=count)))
    X.data = (1 + np.log(X.data)) * rarity[X.indices]
    X = sp.diags(1 / np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())) @ X
    X.sort_indices()  # as vectorisers of texts leave them
    y = drawn(X, count // 10, 2.0, rng)
    l1 = 0.02 * largest(X[:-HELD_OUT], y[:-HELD_OUT])
    return split(f"CSR {rows} x {count}, L1 at 0.02 of the largest", X, y, 0.0, HELD_OUT, l1=l1)
