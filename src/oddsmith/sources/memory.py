"""Rows in memory: NumPy arrays and SciPy sparse matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from oddsmith.arrays import AnyArray, Array, check_matrix, check_vector
from oddsmith.design import Design, make_design
from oddsmith.errors import DataError
from oddsmith.schema import Schema
from oddsmith.sources.base import Block, Source, encode_target

# A pass over one block, with its gradient or with its Hessian, takes well under a second: Ctrl-C is answered after it.
BLOCK_ENTRIES, BLOCK_PRODUCTS = 1 << 27, 1 << 34
FORMED = 4000  # columns: of more no Hessian is formed


class MemorySource(Source):
    """Rows of one array. `as_source` checks what users pass and makes one."""

    def __init__(
        self,
        design: Design,
        target: Array,
        *,
        weight: Array | None = None,
        offset: Array | None = None,
        schema: Schema,
        classes: AnyArray,
    ) -> None:
        self.schema, self.classes, self.rows = schema, classes, design.shape[0]
        self._design, self._target, self._weight, self._offset = design, target, weight, offset
        self._whole = Block(design, target, weight, offset)

    def blocks(self) -> Iterator[Block]:
        width = max(1, self._design.entries // self.rows)  # of a row, in entries
        step = max(1024, min(BLOCK_ENTRIES // width, BLOCK_PRODUCTS // width**2 if width <= FORMED else BLOCK_ENTRIES))
        if step >= self.rows:
            yield self._whole
            return
        for start in range(0, self.rows, step):
            rows = slice(start, start + step)
            yield Block(
                self._design.take(rows),
                self._target[rows],
                None if self._weight is None else self._weight[rows],
                None if self._offset is None else self._offset[rows],
                start,
            )

    def take(self, rows: AnyArray | slice, weight: Array | None = None) -> MemorySource:
        """Some rows, copied; with other weights if given."""
        if weight is None and self._weight is not None:
            weight = self._weight[rows]
        return MemorySource(
            self._design.take(rows),
            self._target[rows],
            weight=weight,
            offset=None if self._offset is None else self._offset[rows],
            schema=self.schema,
            classes=self.classes,
        )

    def sample(self, rows: int, seed: int) -> MemorySource:
        """Stratified by class, a class never far below an even share unless all of it is taken.

        Within a class one row is drawn from each of equal slices of its weight: proportional to weight, spread over
        the whole data, never a prefix.
        """
        rng = np.random.default_rng(seed)
        chosen, weights = [], []
        total = self.total_weight
        for label in range(len(self.classes)):
            members = np.flatnonzero(self._target == label)
            mass = float(len(members)) if self._weight is None else float(self._weight[members].sum())
            if mass == 0.0:
                continue
            quota = max(int(rows * mass / total), rows // (5 * len(self.classes)), 1)
            if quota >= len(members):
                chosen.append(members)
                weights.append(np.ones(len(members)) if self._weight is None else self._weight[members])
            else:
                chosen.append(members[_stratified(quota, len(members), self._weight_of(members), rng)])
                weights.append(np.full(quota, mass / quota))
        order = np.argsort(np.concatenate(chosen), kind="stable")
        return self.take(np.concatenate(chosen)[order], np.concatenate(weights)[order])

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[MemorySource]:
        order = rng.permutation(self.rows)
        for start in range(0, self.rows, size):
            yield self.take(order[start : start + size])

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__}: {self.rows} rows, {len(self.columns)} columns, classes {self.classes.tolist()}>"
        )

    @property
    def target(self) -> Array:
        """Target of every row, 0 or 1."""
        return self._target

    @property
    def weight(self) -> Array | None:
        """Weight of every row; None if all are 1."""
        return self._weight

    @property
    def total_weight(self) -> float:
        """The sum of the weights."""
        return float(self.rows) if self._weight is None else float(self._weight.sum())

    def eta(self, beta: Array) -> Array:
        """The linear predictor of every row at raw coefficients, intercept first; offset included.

        Of shape (n,), or for several rows of coefficients (n, rows).
        """
        raw = beta[0] if beta.ndim == 2 and len(beta) == 1 else beta
        eta = self._design.dot_rows(raw[..., 1:].T) + raw[..., 0]
        return eta if self._offset is None else (eta.T + self._offset).T

    def _weight_of(self, rows: AnyArray) -> Array | None:
        return None if self._weight is None else self._weight[rows]


def as_source(
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    offset: Any = None,
    names: Sequence[str] | None = None,
    positive: Any = None,
) -> MemorySource:
    """Rows in memory as a Source. X is checked, and not copied if it is float32 or float64 and contiguous.

    Parameters
    ----------
    X : array-like or SciPy sparse matrix of shape (n, p)
    y : array-like of shape (n,)
        Labels of two classes or more, of any type.
    sample_weight : array-like of shape (n,), optional
        Frequency weights >= 0: a weight of 2 is the row twice.
    offset : array-like of shape (n,), optional
        Added to the linear predictor, in log-odds.
    names : sequence of str, optional
        Column names; those of a data frame, or x0, x1, ... by default.
    positive : label, optional
        The class whose probability is modelled; the larger label by default.

    Raises
    ------
    DataError
        If shapes disagree, the target has one class only, or a weight is negative. NaN and infinity in X are found
        by the first pass of a fit.
    """
    if names is None:
        frame_columns = getattr(X, "columns", None)
        names = [str(name) for name in frame_columns] if frame_columns is not None else None
    matrix = check_matrix(X)
    rows, p = matrix.shape
    target, classes = encode_target(y, positive)
    if len(target) != rows:
        raise DataError(
            "X and y have inconsistent numbers of samples", f"{rows} rows of X and {len(target)} of y", "Match them."
        )
    schema = Schema.of_array(p) if names is None else Schema.of_numbers(names)
    if len(schema.names) != p:
        found = f"{len(schema.names)} for {p} columns"
        raise DataError("names must have one entry for each column", found, "Match them.")
    return MemorySource(
        make_design(matrix),
        target,
        weight=None if sample_weight is None else check_weight(sample_weight, rows, "sample_weight"),
        offset=None if offset is None else check_vector(offset, rows, "offset"),
        schema=schema,
        classes=classes,
    )


def check_weight(weight: Any, rows: int, name: str, first_row: int = 0) -> Array:
    """Frequency weights: finite, >= 0, and not all zero."""
    checked = check_vector(weight, rows, name, minimum=0.0, first_row=first_row)
    if not checked.any():
        raise DataError(f"All weights in {name} are zero", f"{rows} rows", "Give some rows a positive weight.")
    return checked


def _stratified(count: int, rows: int, weight: Array | None, rng: np.random.Generator) -> AnyArray:
    points = (np.arange(count) + rng.random(count)) / count
    if weight is None:
        return np.minimum((points * rows).astype(np.intp), rows - 1)
    mass = np.cumsum(weight)
    return np.minimum(np.searchsorted(mass, points * mass[-1], side="right"), rows - 1)
