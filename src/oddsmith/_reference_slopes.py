"""The NumPy twins of `cpp/slopes.hpp` and `cpp/columns.hpp`; and of their like for compressed rows and columns."""

from __future__ import annotations

import numpy as np

from oddsmith.arrays import AnyArray, Array

__all__ = ["scores_dense", "scores_sparse", "slopes_among", "slopes_dense", "slopes_stored"]


def slopes_dense(x: AnyArray, centre: Array, scale: Array, r: Array, out: Array, threads: int) -> None:
    """One pass of several right-hand sides: adds r (x - centre) / scale to `out` (A, p), for `r` of shape (A, n)."""
    out += r @ ((x.astype(float) - centre) / scale)


def scores_dense(x: AnyArray, centre: Array, scale: Array, v: Array, out: Array, threads: int) -> None:
    """Adds the product of (x - centre) / scale and a vector to `out` (n,)."""
    out += ((x.astype(float) - centre) / scale) @ v


def scores_sparse(
    data: AnyArray, columns: AnyArray, begin: AnyArray, centre: Array, scale: Array, v: Array, out: Array, threads: int
) -> None:
    """The same for rows in compressed form."""
    u, row = v / scale, np.repeat(np.arange(len(begin) - 1), np.diff(begin))
    stored = slice(begin[0], begin[-1])
    out += np.bincount(row, data[stored] * u[columns[stored]], len(out)) - centre @ u


def slopes_among(z: AnyArray, columns: AnyArray, r: Array, out: Array, threads: int) -> None:
    """Adds r z' to `out` (A, k), for the k rows of z that are named, and `r` of shape (A, n)."""
    out += r @ z[columns].astype(float).T


def slopes_stored(
    data: Array, rows: AnyArray, begin: AnyArray, columns: AnyArray, r: Array, out: Array, threads: int
) -> None:
    """Adds x'r to `out` (A, k) for some columns in compressed form, not standardised, and `r` of shape (n, A)."""
    for k, j in enumerate(columns):
        own = slice(begin[j], begin[j + 1])
        out[:, k] += data[own] @ r[rows[own]]
