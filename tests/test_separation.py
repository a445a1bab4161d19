"""separation(), against an exact check in integers, and by what it says."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import oddsmith
from oddsmith import SpecificationError, Verdict, as_source, separation
from tests.problems import SOAK

SHARES = 20 if not SOAK else 20
EACH = 500 if SOAK else 50


def leads(X, y, classes):
    """Of every row over every other class, in integers: of scores whose first class is 0, one class after another."""
    lines = []
    for row, own in zip(X, y, strict=True):
        for other in set(range(classes)) - {own}:
            line = np.zeros((classes, len(row)), dtype=int)
            line[own], line[other] = row, -row
            lines.append(line[1:].ravel())
    return np.array(lines)


def reduced(matrix):
    """Row echelon form in fractions, and the columns of its pivots."""
    rows, pivots = [[Fraction(int(v)) for v in row] for row in matrix], []
    for column in range(len(matrix[0]) if len(matrix) else 0):
        k = len(pivots)
        found = next((i for i in range(k, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[k], rows[found] = rows[found], rows[k]
        rows[k] = [v / rows[k][column] for v in rows[k]]
        for i, row in enumerate(rows):
            if i != k and row[column]:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[k], strict=True)]
        pivots.append(column)
    return rows, pivots


def exactly(A):
    """Which leads are positive in some direction of the cone A d >= 0, by its extreme rays: all in integers.

    Directions that A does not see are left out by keeping independent columns. A ray is where as many leads are 0 as
    leave one direction: by Cramer's rule, the minors of each choice of so many.
    """
    A = np.unique(A, axis=0)
    A = A[:, reduced(A)[1]]
    size = A.shape[1]
    chosen = A[list(combinations(range(len(A)), size - 1))] if size > 1 else np.zeros((1, 0, 1), dtype=int)
    minors = [(-1) ** j * determinant(np.delete(chosen, j, axis=2)) for j in range(size)]
    rays = np.stack(minors, axis=1)
    along = rays @ A.T
    inside = np.vstack([along[(along >= 0).all(axis=1)], -along[(along <= 0).all(axis=1)]])
    return A, (inside > 0).any(axis=0)


def determinant(stack):
    """Of integer matrices, by their first rows."""
    size = stack.shape[1]
    if size == 0:
        return np.ones(len(stack), dtype=int)
    return sum((-1) ** j * stack[:, 0, j] * determinant(np.delete(stack[:, 1:], j, axis=2)) for j in range(size))


def problem(rng):
    """A small one, often separated, with or without more classes, intercept, weights and collinear columns."""
    classes = 3 if rng.random() < 0.2 else 2
    columns = 1 if classes == 3 else int(rng.integers(1, 4))
    rows = int(rng.integers(classes + 1, 8 if classes == 3 else 14))
    X = rng.integers(-rng.integers(1, 4), rng.integers(2, 5), (rows, columns))
    if columns > 1 and rng.random() < 0.2:
        X[:, -1] = X[:, 0] * rng.integers(-2, 3) + rng.integers(0, 2)
    score = X @ rng.integers(-2, 3, (columns, classes)) + rng.integers(-1, 2, classes)
    y = np.where(rng.random(rows) < 0.15, rng.integers(0, classes, rows), score.argmax(axis=1))
    y[:classes] = np.arange(classes)
    weight = None
    if rng.random() < 0.3:
        weight = rng.integers(0, 3, rows).astype(float)
        weight[:classes] = 1.0
    offset = 3.0 * rng.standard_normal(rows) if classes == 2 and rng.random() < 0.2 else None
    return X, y, weight, offset, bool(rng.random() < 0.7)


@pytest.mark.parametrize("share", range(SHARES))
def test_no_disagreement_with_an_exact_check(share):
    for seed in range(share * EACH, (share + 1) * EACH):
        X, y, weight, offset, intercept = problem(np.random.default_rng(seed))
        found = separation(X, y, weight, offset, intercept)
        counted = slice(None) if weight is None else weight > 0
        rows = np.column_stack([np.ones(len(X), dtype=int), X])[counted] if intercept else X[counted]
        whole = leads(rows, y[counted], len(set(y)))
        A, positive = exactly(whole)
        kind = "none" if not positive.any() else "complete" if positive.all() else "quasi-complete"
        assert found.kind == kind, f"seed {seed}: {found} instead of {kind}"
        if kind == "none":
            continue
        d = found.direction if len(found.direction) > 1 else np.vstack([0 * found.direction, found.direction])
        along = whole @ (d - d[0])[1:, 0 if intercept else 1 :].ravel()
        assert along.min() > -1e-9
        assert (along > 0.999).sum() + (np.abs(along) < 1e-9).sum() == len(along)
        if A.shape == np.unique(whole, axis=0).shape:  # every coefficient is unique: those not held run off
            _, pivots = reduced(A[~positive])
            held = reduced(np.vstack([A[~positive], np.zeros((1, A.shape[1]), dtype=int)]))[0][: len(pivots)]
            width = rows.shape[1]
            free = {j % width - intercept for j in range(A.shape[1]) if not _determined(held, j)}
            assert set(found.columns) == free, f"seed {seed}: {found} instead of {free}"


def _determined(held, j):
    """Whether the echelon rows have one that is the unit vector j."""
    return any(row[j] == 1 and sum(map(abs, row)) == 1 for row in held)
