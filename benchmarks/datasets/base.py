"""What a problem is, and the generator that the synthetic ones share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Problem:
    """Minimise mean logistic loss + alpha |coef|^2 / 2 over rows X, labels y in {0, 1}; the intercept is free."""

    title: str
    X: np.ndarray
    y: np.ndarray
    alpha: float


def correlated(rows: int, columns: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlated columns of scales 0.1 to 10 about means of that size, a fifth of them binary; a quarter positive."""
    rng = np.random.default_rng(seed)
    mix = np.eye(columns) + 0.5 * rng.standard_normal((columns, columns)) / np.sqrt(columns)
    X = rng.standard_normal((rows, columns)) @ mix
    X[:, ::5] = X[:, ::5] > 0.8
    eta = (X - X.mean(axis=0)) / X.std(axis=0) @ (rng.standard_normal(columns) * 1.2 / np.sqrt(columns)) - 1.3
    y = (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(np.int64)
    scale = 10.0 ** rng.uniform(-1, 1, columns)
    X *= scale
    X += scale * rng.uniform(-1, 1, columns)
    return X, y
