"""A wide sparse matrix, as text makes it: few entries a row, columns of very different frequency."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from benchmarks.datasets.base import Problem, split

HELD_OUT = 10_000


def words(rows: int = 200_000, count: int = 100_000, each: int = 50) -> Problem:
    """About fifty entries a row; the frequency of column j falls like 1 / j."""
    rng = np.random.default_rng(5)
    total = rows + HELD_OUT
    rank = np.exp(rng.random(total * each) * np.log(count)).astype(np.int64) - 1
    column = rng.permutation(count)[np.minimum(rank, count - 1)]
    row = np.repeat(np.arange(total), each)
    X = sp.csr_matrix((rng.exponential(1.0, total * each), (row, column)), shape=(total, count))
    X.sum_duplicates()
    eta = X @ (rng.standard_normal(count) * (rng.random(count) < 0.1)) * 0.5 - 1.0
    y = (rng.random(total) < 1 / (1 + np.exp(-eta))).astype(np.int64)
    return split(f"CSR {rows} x {count}, about {each} a row, L2", X, y, 1e-5, HELD_OUT)
