"""What a problem is, and the generators that the synthetic ones share."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True)
class Problem:
    """Minimise mean loss + alpha |coef|^2 / 2 + l1 |coef|_1 over rows X and labels y; intercepts are free.

    Attributes
    ----------
    title : str
    X : float array, CSR matrix, or pandas frame with category columns
    y : int array
    alpha, l1 : float
    task : {"binary", "multinomial", "one-vs-rest"}
        The last: one binary problem for each class.
    held_out : (X, y)
        Rows of the same kind that are not fitted.
    inference : bool
        Whether standard errors are asked for too.
    """

    title: str
    X: Any
    y: np.ndarray
    alpha: float
    held_out: tuple[Any, np.ndarray]
    task: str = "binary"
    inference: bool = False
    l1: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of X as it is held."""
        if isinstance(self.X, np.ndarray):
            return self.X.nbytes
        if sp.issparse(self.X):
            return self.X.data.nbytes + self.X.indices.nbytes + self.X.indptr.nbytes
        return int(self.X.memory_usage(index=False, deep=False).sum())


def split(title: str, X: Any, y: np.ndarray, alpha: float, held_out: int, **options: Any) -> Problem:
    """The last rows are held out."""
    rows = len(y) - held_out
    take = (lambda part: X.iloc[part]) if hasattr(X, "iloc") else (lambda part: X[part])
    fitted, rest = take(slice(rows)), take(slice(rows, None))
    return Problem(title, fitted, y[:rows], alpha, (rest, y[rows:]), **options)


def columns(rows: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Correlated columns, a fifth of them binary."""
    mix = np.eye(count) + 0.5 * rng.standard_normal((count, count)) / np.sqrt(count)
    X = rng.standard_normal((rows, count)) @ mix
    X[:, ::5] = X[:, ::5] > 0.8
    return X


def units(X: np.ndarray, rng: np.random.Generator, decades: float = 1.0, centre: float = 1.0) -> np.ndarray:
    """The same columns in other units, in place: scales of so many decades about means `centre` times their size."""
    scale = 10.0 ** rng.uniform(-decades, decades, X.shape[1])
    X *= scale
    X += centre * scale * rng.uniform(-1, 1, X.shape[1])
    return X


def correlated(rows: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlated columns of scales 0.1 to 10 about means of that size, a fifth of them binary; a quarter positive."""
    rng = np.random.default_rng(seed)
    X = columns(rows, count, rng)
    eta = (X - X.mean(axis=0)) / X.std(axis=0) @ (rng.standard_normal(count) * 1.2 / np.sqrt(count)) - 1.3
    y = (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(np.int64)
    return units(X, rng), y


def save(problem: Problem, folder: Path) -> None:
    """For `load`: arrays apart, as they lie in memory."""
    arrays: list[pickle.PickleBuffer] = []
    (folder / "problem").write_bytes(pickle.dumps(problem, protocol=5, buffer_callback=arrays.append))
    for k, array in enumerate(arrays):
        (folder / f"array{k}").write_bytes(array.raw())


def load(folder: Path) -> Problem:
    """With arrays that NumPy allocated, as a user's are; pickle's own lie in small pages."""
    count = sum(1 for _ in folder.glob("array*"))
    arrays = [np.fromfile(folder / f"array{k}", dtype=np.uint8) for k in range(count)]
    problem: Problem = pickle.loads((folder / "problem").read_bytes(), buffers=arrays)
    return problem
