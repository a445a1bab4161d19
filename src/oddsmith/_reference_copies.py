"""The NumPy twins of `cpp/gather.hpp` and `cpp/select.hpp`, and of what `cpp/stored.hpp` copies."""

from __future__ import annotations

import numpy as np

from oddsmith.arrays import AnyArray, Array

__all__ = ["count_sparse", "gather_dense", "select_sparse", "standardise_dense", "standardise_stored"]


def gather_dense(x: AnyArray, columns: AnyArray, out: AnyArray, threads: int) -> None:
    """Fills `out` (k, n) with the columns named."""
    out[:] = x[:, columns].T


def standardise_dense(
    x: AnyArray, columns: AnyArray, centre: Array, scale: Array, taken: AnyArray, z: Array | None, single: AnyArray,
    at: int, threads: int,
) -> None:  # fmt: skip
    """Fills `single` (k, n), and `z` if given, from place `at` on: (x - centre) / scale of some columns and rows."""
    own = ((x[taken][:, columns].astype(float) - centre[columns]) / scale[columns]).T
    single[:, at : at + len(taken)] = own
    if z is not None:
        z[:, at : at + len(taken)] = own


def standardise_stored(
    data: Array, rows: AnyArray, begin: AnyArray, columns: AnyArray, centre: Array, scale: Array, z: Array,
    single: AnyArray, threads: int,
) -> None:  # fmt: skip
    """The same of columns in compressed form, all rows, filling both `z` and `single` (k, n)."""
    z[:] = ((0.0 - centre) / scale)[columns, None]
    for k, j in enumerate(columns):
        own = slice(begin[j], begin[j + 1])
        z[k, rows[own]] = (data[own] - centre[j]) / scale[j]
    single[:] = z


def count_sparse(columns: AnyArray, begin: AnyArray, place: AnyArray, counts: AnyArray, threads: int) -> None:
    """Fill `counts`: how many entries of each row are in a column whose `place` is not -1."""
    kept = np.append(0, np.cumsum(place[columns] >= 0))
    counts[:] = kept[begin[1:]] - kept[begin[:-1]]


def select_sparse(
    data: AnyArray,
    columns: AnyArray,
    begin: AnyArray,
    place: AnyArray,
    new_begin: AnyArray,
    new_columns: AnyArray,
    new_data: AnyArray,
    threads: int,
) -> None:
    """Fill `new_columns` (their places, ascending in each row) and `new_data` with those entries."""
    stored = np.arange(begin[0], begin[-1])
    kept = stored[place[columns[stored]] >= 0]
    row = np.repeat(np.arange(len(begin) - 1), np.diff(begin))[kept - begin[0]]
    order = np.lexsort((place[columns[kept]], row))
    new_columns[:] = place[columns[kept]][order]
    new_data[:] = data[kept][order]
