"""The NumPy twin of `cpp/slopes.hpp`."""

from __future__ import annotations

from oddsmith.arrays import AnyArray, Array


def slopes_dense(x: AnyArray, centre: Array, scale: Array, r: Array, out: Array, threads: int) -> None:
    """One pass of several right-hand sides: adds r (x - centre) / scale to `out` (A, p), for `r` of shape (A, n)."""
    out += r @ ((x.astype(float) - centre) / scale)


def scores_dense(x: AnyArray, centre: Array, scale: Array, v: Array, out: Array, threads: int) -> None:
    """Adds the product of (x - centre) / scale and a vector to `out` (n,)."""
    out += ((x.astype(float) - centre) / scale) @ v
